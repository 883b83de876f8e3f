// Answers each line of its input in capitals.
import { EventLoop, run } from '@loop/core'
import { stdio } from '@loop/net/streams'
import { NativeSelector } from '@loop/selector-native'
import { PollSelector } from '@loop/selector-poll'

const selector = () => (process.argv[2] === 'native' ? new NativeSelector() : new PollSelector())

await run(
  async () => {
    const [reader, writer] = stdio()
    for await (const line of reader.lines()) {
      writer.write(Buffer.from(line.toString().toUpperCase()))
      await writer.drain()
    }
    writer.close()
    await writer.waitClosed()
    console.log('end')
  },
  { loopFactory: () => new EventLoop({ selector: selector() }) },
)
