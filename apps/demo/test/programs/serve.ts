// The service over the sources: `serve [options]`, with the page's folder in the environment.
import { serve } from '../../src/serve/main.ts'

const pageFolder = process.env['PAGE_FOLDER']
process.exitCode = await serve(process.argv.slice(2), {
  say: (line) => {
    console.log(line)
  },
  complain: (line) => {
    console.error(line)
  },
  ...(pageFolder === undefined ? {} : { pageFolder }),
})
