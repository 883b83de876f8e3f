/** A program as JavaScript: what runs, and what people read. */

/** @typedef {import('./program.mjs').Program} Program */
/** @typedef {import('./program.mjs').Statement} Statement */
/** @typedef {import('./program.mjs').Body} Body */
/** @typedef {import('./program.mjs').Form} Form */
/** @typedef {import('./program.mjs').Item} Item */

const q = (/** @type {string} */ text) => `'${text}'`
const taskName = (/** @type {number} */ id) => q(`T${String(id)}`)

class Printer {
  /** @type {string[]} */
  lines = []
  depth = 0

  /** @param {string} text */
  line(text) {
    this.lines.push('  '.repeat(this.depth) + text)
  }

  /** @param {string} head @param {() => void} inside @param {string} foot */
  block(head, inside, foot) {
    this.line(head)
    this.depth++
    inside()
    this.depth--
    this.line(foot)
  }

  /** Awaits something of the loop. @param {Form} form @param {string} what */
  loopWait(form, what) {
    this.line(`${form === 'async' ? 'await' : 'yield*'} ${what}; at(me)`)
  }

  /** Awaits a promise. @param {Form} form @param {string} what */
  promiseWait(form, what) {
    this.line(`${form === 'async' ? 'await' : 'yield'} ${what}; at(me)`)
  }

  /** @param {Form} form */
  head(form) {
    return form === 'async' ? 'async (me) => {' : 'function* (me) {'
  }

  /** @param {Body} body @param {Form} form */
  body(body, form) {
    for (const statement of body) this.statement(statement, form)
  }

  /**
   * `start` … function … `end`, over several lines.
   * @param {string} start @param {Body} body @param {Form} form @param {string} end
   */
  fn(start, body, form, end) {
    this.block(`${start}${this.head(form)}`, () => this.body(body, form), `}${end}`)
  }

  /**
   * @param {string} start @param {Item} item @param {boolean} passes whether a request goes on to it
   * @param {string} end
   */
  item(start, item, passes, end) {
    switch (item.kind) {
      case 'body':
        this.fn(`${start}item(me, `, item.body, item.form, `${passes ? '' : ', false'})${end}`)
        return
      case 'task':
        this.line(`${start}use(me, ${taskName(item.id)}${passes ? '' : ', false'})${end}`)
        return
      case 'memo':
        this.line(`${start}${item.name}(me)${end}`)
        return
      default:
        this.line(`${start}${item.kind}(me, ${item.ms})${end}`)
    }
  }

  /** @param {Statement} s @param {Form} form */
  statement(s, form) {
    const wait = form === 'async' ? 'await' : 'yield*'
    const bare = form === 'async' ? 'await' : 'yield'
    switch (s.op) {
      case 'sleep':
      case 'wrap':
      case 'wrapped':
      case 'flag':
      case 'get':
        return this.loopWait(form, `${s.op}(me, ${s.ms})`)
      case 'foreign':
      case 'event':
      case 'adopt':
      case 'fails':
        return this.promiseWait(form, `${s.op}(me, ${s.ms})`)
      case 'request':
        return this.promiseWait(form, `request(me, ${s.ms}, ${s.own})`)
      case 'tick':
        return this.promiseWait(form, `tick(me, ${q(s.how)})`)
      case 'ready':
        return this.promiseWait(form, s.value ? 'Promise.resolve(1)' : 'null')
      case 'memo':
        return this.promiseWait(form, `${s.name}(me)`)
      case 'chained':
      case 'exclusive':
      case 'limited':
        return this.fn(`${bare} ${s.op}(me, ${q(s.name)}, `, s.body, 'async', '); at(me)')
      case 'store':
        return this.fn(`${bare} store(me, ${q(s.value)}, `, s.body, 'async', '); at(me)')
      case 'detach':
        return this.fn(`detach(me, `, s.body, 'async', ')')
      case 'join':
        return this.block(
          `${bare} join(me, ${q(s.how)}, [`,
          () => {
            for (const branch of s.branches) this.branch(branch)
          },
          ']); at(me)',
        )
      case 'lock':
        this.loopWait(form, `lock(me, ${q(s.name)}).acquire()`)
        return this.block('try {', () => this.body(s.body, form), `} finally { lock(me, ${q(s.name)}).release() }`)
      case 'timeout':
        return this.fn(`${wait} timeout(me, ${s.ms}, `, s.body, s.form, `${s.at ? ', true' : ''}); at(me)`)
      case 'group':
        return this.fn(`${wait} group(me, `, s.body, s.form, '); at(me)')
      case 'task': {
        const options = [
          ...(s.signal ? [`signal: ${q(s.signal)}`] : []),
          ...(s.free ? ['free: true'] : []),
          ...(s.eager ? ['eager: true'] : []),
        ].join(', ')
        return this.fn(`task(me, ${taskName(s.id)}, `, s.body, s.form, options === '' ? ')' : `, { ${options} })`)
      }
      case 'await':
        return this.loopWait(form, `use(me, ${taskName(s.id)})`)
      case 'cancel':
        return this.line(`cancel(me, ${taskName(s.id)})`)
      case 'abort':
        return this.line(`abort(me, ${q(s.name)})`)
      case 'extend':
        return this.line(`extend(me, ${s.ms})`)
      case 'emit':
        return this.line(`emit(me, ${q(s.name)})`)
      case 'listen':
        return this.fn(`listen(me, ${q(s.name)}, `, s.body, 'async', ')')
      case 'cancelGroup':
        return this.line('cancelGroup(me)')
      case 'waitFor':
        if (s.item.kind === 'body')
          return this.fn(`${wait} waitFor(me, ${s.ms}, (me) => part(me, `, s.item.body, s.item.form, ')); at(me)')
        return this.item(`${wait} waitFor(me, ${s.ms}, (me) => `, s.item, true, '); at(me)')
      case 'shield':
        return this.item(`${wait} shield(`, s.item, false, '); at(me)')
      case 'gather':
        return this.block(
          `${wait} gather([`,
          () => {
            for (const item of s.items) this.item('', item, true, ',')
          },
          `]${s.returnExceptions ? ', { returnExceptions: true }' : ''}); at(me)`,
        )
      case 'wait':
        return this.loopWait(form, `wait(me, ${s.ms}, [${s.ids.map(taskName).join(', ')}], ${q(s.when)})`)
      case 'asCompleted': {
        const loop =
          form === 'async' && s.forAwait ? 'for await (const _ of asCompleted([' : 'for (const next of asCompleted(['
        return this.block(
          loop,
          () => {
            for (const item of s.items) this.item('', item, false, ',')
          },
          form === 'async' && s.forAwait ? '])) at(me)' : `])) { ${wait} next; at(me) }`,
        )
      }
      case 'iterate':
        if (form === 'generator') return this.promiseWait(form, `foreign(me, ${s.ms})`)
        return this.line(`for await (const _ of ticks(me, ${s.ms})) at(me)`)
      case 'later':
        return this.callback(`later(me, ${s.ms}, `, s)
      case 'done':
        return this.callback(`whenDone(me, ${taskName(s.id)}, `, s)
      case 'host':
        return this.fn(`host(me, ${typeof s.when === 'string' ? q(s.when) : s.when}, `, s.body, 'async', ')')
      case 'handler':
        return this.fn(`handler(me, ${s.ms}, `, s.body, 'async', ')')
      case 'try': {
        const clean =
          s.cleanup === null
            ? '}'
            : `} finally { excuse(me, 'cleans up'); ${form === 'async' ? 'await' : 'yield*'} sleep(me, ${s.cleanup}) }`
        return this.block(
          'try {',
          () => this.body(s.body, form),
          `} catch (error) { ${s.swallow ? 'swallow' : 'tolerate'}(me, error) ${clean}`,
        )
      }
      case 'boom':
        return this.line(`throw new Boom('own')`)
      default:
        throw new Error(`no way to print ${s.op}`)
    }
  }

  /** @param {string} start @param {Statement} s */
  callback(start, s) {
    if (s.sync) this.line(`${start}(me) => { at(me) })`)
    else this.fn(start, s.body, 'async', ')')
  }

  /** One of the promises of a combinator. @param {Body} body */
  branch(body) {
    const [only] = body
    // A helper of the loop stands there itself, as people write it.
    if (body.length === 1 && (only?.op === 'timeout' || only?.op === 'group')) {
      const call = only.op === 'timeout' ? `timeout(me, ${only.ms}, ` : 'group(me, '
      this.fn(`branch(me, (me) => ${call}`, only.body, only.form, ')),')
    } else if (body.length === 1 && only?.op === 'foreign') {
      this.line(`foreign(me, ${only.ms}),`)
    } else {
      this.fn('branch(me, ', body, 'async', '),')
    }
  }
}

/** The source of a program: statements that end by returning the main coroutine functions. @param {Program} program */
export function print(program) {
  const printer = new Printer()
  for (const [name, body] of Object.entries(program.memos))
    printer.fn(`const ${name} = memo(${q(name)}, `, body, 'async', ')')
  printer.block(
    'return [',
    () => {
      for (const { body, form } of program.loops) printer.fn('', body, form, ',')
    },
    ']',
  )
  return printer.lines.join('\n') + '\n'
}
