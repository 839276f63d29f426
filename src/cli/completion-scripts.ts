/** What each shell evaluates. The shells know nothing: they ask `ramure __complete`, which answers with words and what they are. */

const BASH = `# ramure completion for bash. In ~/.bashrc:  eval "$(ramure completion bash)"
_ramure() {
  local line word
  local -a words=()
  # bash takes "--agent=b" for three words, and puts what is offered in the place of the last.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    [[ $word == '=' ]] || words+=("$word")
  done
  [[ "\${COMP_WORDS[COMP_CWORD]}" == '=' ]] && words+=('')
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("$1" __complete -- "\${words[@]}" 2>/dev/null)
  if [[ "\${COMPREPLY[0]-}" == ':files' ]]; then
    COMPREPLY=()
    compopt -o default 2>/dev/null
  fi
}
complete -o nosort -F _ramure ramure 2>/dev/null || complete -F _ramure ramure
`

const ZSH = `#compdef ramure
# ramure completion for zsh. In ~/.zshrc, after compinit:  eval "$(ramure completion zsh)"
_ramure() {
  local line
  local -a lines found
  lines=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${lines[1]}" == ':files' ]]; then
    _files
    return
  fi
  for line in "\${lines[@]}"; do
    [[ -n "$line" ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe -V 'ramure' found
}
compdef _ramure ramure
`

const FISH = `# ramure completion for fish. In ~/.config/fish/config.fish:  ramure completion fish | source
function __ramure_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] __complete -- $words[2..-1] 2>/dev/null)
    if test "$found[1]" = ':files'
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $found
    end
end
complete -c ramure -f -k -a '(__ramure_complete)'
`

export const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const
