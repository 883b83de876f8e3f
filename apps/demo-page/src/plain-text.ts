import type { VNode } from 'preact'
import { options } from 'preact'

/** Control characters but tab and line feed, and what turns the direction of the text around. */
// eslint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Text that says what stands there: names of tasks and jobs may come from requests. */
export const plainText = (text: string): string => text.replace(OBEYED, '\ufffd')

/** Makes every element of the page show plain text only, attributes included, whatever part of the page made it. */
export function showPlainText(): void {
  const before = options.vnode
  options.vnode = (node) => {
    if (typeof node.type === 'string') clean(node as VNode<Record<string, unknown>>)
    before?.(node)
  }
}

function clean({ props }: VNode<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'string') props[name] = plainText(value)
    else if (name === 'children' && Array.isArray(value)) props[name] = (value as unknown[]).map(cleanChild)
  }
}

function cleanChild(child: unknown): unknown {
  if (typeof child === 'string') return plainText(child)
  return Array.isArray(child) ? child.map(cleanChild) : child
}
