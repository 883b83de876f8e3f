/** The commands of a small redis, and a parser of its protocol that both servers use. */
const values = new Map()

const bulk = (value) => (value === undefined ? '$-1\r\n' : `$${Buffer.byteLength(value)}\r\n${value}\r\n`)

/** The answer to a command, an array of words. */
export function answer(words) {
  switch (words[0]?.toUpperCase()) {
    case 'GET':
      return bulk(values.get(words[1]))
    case 'SET':
      values.set(words[1], words[2])
      return '+OK\r\n'
    case 'PING':
      return '+PONG\r\n'
    default:
      return `-ERR unknown command '${words[0]}'\r\n`
  }
}

const CR = 13

/** Takes bytes as they come, and answers all commands that are complete. */
export class Session {
  #rest = Buffer.alloc(0)

  /** The answers to what these bytes complete, "" when there are none yet. */
  feed(bytes) {
    const buffer = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let answers = ''
    let at = 0
    for (let command = commandAt(buffer, at); command !== null; command = commandAt(buffer, at)) {
      answers += answer(command.words)
      at = command.end
    }
    this.#rest = buffer.subarray(at)
    return answers
  }
}

/** The command that begins at a place, or null when it is not complete. */
function commandAt(buffer, start) {
  const head = lengthAt(buffer, start, '*')
  if (head === null) return null
  const words = []
  let at = head.end
  for (let i = 0; i < head.length; i++) {
    const word = lengthAt(buffer, at, '$')
    if (word === null || word.end + word.length + 2 > buffer.length) return null
    words.push(buffer.latin1Slice(word.end, word.end + word.length))
    at = word.end + word.length + 2
  }
  return { words, end: at }
}

/** A mark, a length, and the end of the line. */
function lengthAt(buffer, start, mark) {
  const end = buffer.indexOf(CR, start)
  if (end < 0 || end + 1 >= buffer.length) return null
  if (buffer[start] !== mark.charCodeAt(0)) throw new Error(`expected ${mark}`)
  let length = 0
  for (let i = start + 1; i < end; i++) length = length * 10 + buffer[i] - 48
  return { length, end: end + 2 }
}
