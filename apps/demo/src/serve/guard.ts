/**
 * Keeps other sites' pages out. A page in the same browser can send requests to 127.0.0.1 too; three things tell it
 * apart: the Host it asked for (its own name, if it had that point here), what the browser says about where the request
 * comes from, and for actions a header that a page of another origin may not send without being allowed to.
 */
import type { IncomingMessage } from 'node:http'
import type { ActionHeader } from '@loop/demo-page/wire'
import { ActionInputError, CrossSiteError, ForeignHostError } from './errors.ts'

const ACTION_HEADER: ActionHeader = 'x-loop-demo'

/** Names of this machine that point nowhere else. */
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

/** Addresses that stand for all of the machine's, whose names cannot be known. */
const EVERYWHERE = ['0.0.0.0', '::', '']

/** Checks requests to a service that listens on `host`. */
export class Guard {
  private readonly hosts: ReadonlySet<string> | null

  constructor(host: string) {
    this.hosts = EVERYWHERE.includes(host)
      ? null
      : new Set([...LOOPBACK, host.includes(':') ? `[${host.toLowerCase()}]` : host.toLowerCase()])
  }

  /**
   * Throws ForeignHostError or CrossSiteError for a request that did not come from the service's own page, or a plain
   * tool.
   */
  checkRequest({ headers }: IncomingMessage): void {
    const host = (headers.host ?? '').toLowerCase().replace(/:\d+$/, '')
    if (this.hosts !== null && !this.hosts.has(host)) {
      throw new ForeignHostError(403, `this service is not "${host}"; it is ${[...this.hosts].join(', ')}`)
    }
    const site = headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin' && site !== 'none') {
      throw new CrossSiteError(403, 'requests of other sites are not answered')
    }
    const { origin } = headers
    if (origin !== undefined && origin.toLowerCase() !== `http://${(headers.host ?? '').toLowerCase()}`) {
      throw new CrossSiteError(403, `requests of ${origin} are not answered`)
    }
  }

  /** Throws CrossSiteError or ActionInputError for an action that a form or a foreign page could have sent. */
  checkAction({ headers }: IncomingMessage): void {
    if (headers[ACTION_HEADER] === undefined)
      throw new CrossSiteError(403, `actions need the header ${ACTION_HEADER}: 1`)
    if (!/^application\/json\b/.test(headers['content-type'] ?? '')) {
      throw new ActionInputError(415, 'actions take a JSON object with the content type application/json')
    }
  }
}
