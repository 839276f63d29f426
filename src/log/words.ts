// 128 words each, so that seven bits of a random byte pick one evenly. All short, easy to say and friendly.

/** First words of run ids. */
export const ADJECTIVES: readonly string[] = words(`
  able airy amber ample apt arctic azure balmy beige bold bonny brave breezy bright brisk bronze
  calm candid careful cheery chief civil classy clean clear clever cobalt comfy copper coral cosy crisp
  curious dapper daring deft dewy eager early earnest easy elegant fair famous fancy fast fine firm
  fleet fluent fond frank fresh frosty gentle giddy glad golden grand green handy happy hardy hazel
  hearty honest humble ideal indigo ivory jade jaunty jolly jovial keen kind lavish light lilac lively
  loyal lucid lucky lunar mellow merry mighty mild mint misty modest neat nimble noble olive opal
  patient plucky polite prime proud quick quiet rapid ready regal rosy royal ruby rustic sage scenic
  serene silver smart snug solar spry steady sunny swift tidy tranquil upbeat vivid warm wise witty
`)

/** Second words of run ids. */
export const ANIMALS: readonly string[] = words(`
  alpaca antelope auk avocet badger beaver bee beetle bison bittern bobcat bongo bunting camel caribou cat
  chamois cheetah civet condor coot cormorant crane cricket curlew deer dingo dipper dolphin donkey dormouse dove
  dragonfly duck eagle egret eider elk emu ermine falcon ferret finch firefly flamingo fox gannet gazelle
  gecko gibbon goat godwit goose grebe grouse gull hare hawk hedgehog heron hoopoe horse ibex ibis
  impala jackdaw jay kestrel kingfisher kite kiwi koala koi kudu ladybird lapwing lark lemur linnet lion
  llama lynx magpie mallard marmot marten meerkat merlin moose narwhal newt numbat ocelot okapi oriole osprey
  otter owl panda parrot pelican penguin petrel pika plover pony puffin puma quail rabbit raven robin
  salmon seal serval sparrow squirrel starling stoat stork swallow swan tapir tern thrush turtle wombat wren
`)

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
