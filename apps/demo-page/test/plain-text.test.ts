import { Fragment, h, options, type VNode } from 'preact'
import { expect, test } from 'vitest'
import { showPlainText } from '../src/plain-text.ts'

test('names are shown without control characters and without what turns text around, attributes included', () => {
  const before = options.vnode
  showPlainText()
  try {
    const hostile = 'job\u202egpj.\u2066\u001b[31m\u009b\u0000\n\tend'
    const node = h(Fragment, null, h('p', { title: hostile, class: 'name' }, hostile, ['nested ', hostile], 7)) as VNode
    const shown = JSON.stringify(node)
    expect(shown).toContain('job\ufffdgpj.\ufffd\ufffd[31m\ufffd\ufffd\\n\\tend')
    expect(shown).not.toMatch(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\\u00/)
    expect(shown.match(/\ufffdgpj/g)).toHaveLength(3)
  } finally {
    if (before === undefined) delete options.vnode
    else options.vnode = before
  }
})
