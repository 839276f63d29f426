/** Characters that hide, or that turn the direction of what stands beside them: a run's texts are anybody's. */

/** `text` with every such character written out as `\u202e`; line ends and tabs stay. */
export function visible(text: string): string {
  return text.toWellFormed().replace(HIDDEN, (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
}

const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu
