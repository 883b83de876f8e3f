import type { ActionDone, ActionHeader, ActionName, Refusal } from './wire.ts'

const HEADER: ActionHeader = 'x-loop-demo'

/** Has the service do something; what came of it, in a sentence. Throws an Error with the service's own words. */
export async function act(action: ActionName, input: Readonly<Record<string, unknown>> = {}): Promise<string> {
  let response: Response
  try {
    const headers = { 'content-type': 'application/json', [HEADER]: '1' }
    response = await fetch(`/api/actions/${action}`, { method: 'POST', headers, body: JSON.stringify(input) })
  } catch (cause) {
    throw new Error('The service did not answer.', { cause })
  }
  const answer = (await response.json()) as ActionDone | Refusal
  if ('error' in answer) throw new Error(`${answer.error.name}: ${answer.error.message}`)
  return answer.message
}
