// A client of redis: calls are written at once and answered in order, so any number may be under way.
import { type Future, getRunningLoop } from '@loop/runtime'
import { openConnection, type StreamReader, type StreamWriter } from '@loop/net/streams'

export type Reply = string | number | null | Reply[]

export class RedisClient {
  private readonly waiting: Future<Reply>[] = []
  private readonly hearing

  private constructor(
    private readonly reader: StreamReader,
    private readonly writer: StreamWriter,
  ) {
    this.hearing = getRunningLoop().createTask(() => this.hear())
  }

  static async connect(place: { host: string; port: number }): Promise<RedisClient> {
    const [reader, writer] = await openConnection(place)
    return new RedisClient(reader, writer)
  }

  /** The answer to a command; an answer that is an error is thrown. */
  call(...words: string[]): Future<Reply> {
    const answer = getRunningLoop().createFuture<Reply>()
    this.waiting.push(answer)
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
    this.writer.write(Buffer.from(`*${words.length}\r\n${parts.join('')}`))
    return answer
  }

  async close(): Promise<void> {
    this.writer.writeEof()
    await this.hearing
    await this.writer[Symbol.asyncDispose]()
  }

  private async hear(): Promise<void> {
    while (true) {
      const line = (await this.reader.readLine()).toString().trimEnd()
      if (line === '') break
      const next = this.waiting.shift()
      if (line.startsWith('-')) next?.setException(new Error(line.slice(1)))
      else next?.setResult(await this.value(line))
    }
    for (const call of this.waiting.splice(0)) call.setException(new Error('the server has closed the connection'))
  }

  private async value(line: string): Promise<Reply> {
    const rest = line.slice(1)
    if (line.startsWith('+')) return rest
    if (line.startsWith(':')) return Number(rest)
    if (rest === '-1') return null
    if (line.startsWith('$')) return (await this.reader.readExactly(Number(rest) + 2)).subarray(0, -2).toString()
    const items: Reply[] = []
    for (let left = Number(rest); left > 0; left--)
      items.push(await this.value((await this.reader.readLine()).toString().trimEnd()))
    return items
  }
}
