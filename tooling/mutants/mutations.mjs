// Small mistakes in what the threat model promises, each with the tests that must find it.

/**
 * @typedef {object} Mutation
 * @property {string} what
 * @property {string} package its folder
 * @property {string} file
 * @property {string} from stands once in the file
 * @property {string} to
 * @property {string[]} tests files of the package's tests, and -t with a part of a name
 */

const scheduler = 'packages/scheduler'
const executor = 'packages/executor'
const native = 'packages/selector-native'
const statements = ['test/sabotage.test.ts', '-t', 'SQLite: 1 statements']
const several = ['test/sabotage.test.ts', '-t', 'SQLite: 9 statements']
const answer = (/** @type {string} */ how) => ['test/sabotage.test.ts', '-t', `of a store: ${how}`]
const protocol = ['test/slot-protocol.test.ts']

/** @type {readonly Mutation[]} */
export const MUTATIONS = [
  // The runner of jobs.
  {
    what: 'what a store failed at is not asked again',
    package: scheduler,
    file: 'src/store/store-access.ts',
    from: 'const repeat = request.wanted(subject) && !this.ended',
    to: 'const repeat = false as boolean',
    tests: answer('before'),
  },
  {
    what: 'a store that never answers is waited for',
    package: scheduler,
    file: 'src/store/store-access.ts',
    from: "if (action !== 'open') {",
    to: "if (action === 'open') {",
    tests: answer('never'),
  },
  {
    what: 'a store that answers again is still unreachable',
    package: scheduler,
    file: 'src/store/store-access.ts',
    from: 'this.answers++\n    this.newestTrouble = null',
    to: 'this.answers++',
    tests: answer('rejects'),
  },
  {
    what: 'an end that could not be stored counts at each try',
    package: scheduler,
    file: 'src/running/dispatcher.ts',
    from: 'if (tries === 1) this.unstored(run)',
    to: 'if (tries >= 1) this.unstored(run)',
    tests: several,
  },
  {
    what: 'an end that was stored late still counts as not stored',
    package: scheduler,
    file: 'src/running/dispatcher.ts',
    from: 'if (run.isUnstored) job.unstored--\n    else job.ended(run)',
    to: 'if (!run.isUnstored) job.ended(run)',
    tests: answer('before'),
  },
  {
    what: 'a lease is held for ever',
    package: scheduler,
    file: 'src/running/dispatcher.ts',
    from: 'const record = run.record!\n    this.active--',
    to: 'const record = run.record!',
    tests: answer('slow'),
  },
  {
    what: 'what was taken is not begun',
    package: scheduler,
    file: 'src/running/dispatcher.ts',
    from: 'else this.begin(job, lease, asked)',
    to: 'else void asked',
    tests: answer('after'),
  },
  // The store on SQLite.
  {
    what: 'a transaction that failed stays open',
    package: scheduler,
    file: 'src/sqlite/sqlite-store.ts',
    from: '    } catch (error) {\n      this.takeBack(database)\n',
    to: '    } catch (error) {\n',
    tests: statements,
  },
  {
    what: 'an end whose answer was lost is a lost lease',
    package: scheduler,
    file: 'src/sqlite/sqlite-store.ts',
    from: 'if (now || sql.ended.get(key, this.owner, turnOf(lease)) !== undefined) return true',
    to: 'if (now) return true',
    tests: answer('after'),
  },
  {
    what: 'a lease whose answer was lost is never taken over',
    package: scheduler,
    file: 'src/sqlite/sqlite-store.ts',
    from: 'for (const lease of this.takeOver(sql)) leases.push(lease)',
    to: 'void this.takeOver',
    tests: answer('after'),
  },
  {
    what: 'what is taken is not leased',
    package: scheduler,
    file: 'src/sqlite/sqlite-store.ts',
    from: '        sql.lease.run(this.owner, row.key)\n',
    to: '',
    tests: ['test/job-stores.test.ts'],
  },
  {
    what: 'a damaged file is any other error',
    package: scheduler,
    file: 'src/sqlite/sqlite-store.ts',
    from: 'if (!isDamage(error)) return error\n    this.disconnect()',
    to: 'if (!isDamage(error) || name !== undefined) return error\n    this.disconnect()',
    tests: ['test/damaged-files.test.ts'],
  },
  // The protocol of executor and worker.
  {
    what: 'a worker looks for work, and then says that it sleeps',
    package: executor,
    file: 'src/threads/slot-protocol.ts',
    from: 'store(control, WORKER_STATE, ASLEEP)\n    if (this.empty()) return true',
    to: 'const empty = this.empty()\n    store(control, WORKER_STATE, ASLEEP)\n    if (empty) return true',
    tests: protocol,
  },
  {
    what: 'the bell is taken back without a second look',
    package: executor,
    file: 'src/threads/slot-protocol.ts',
    from: 'if (this.head === load(control, ANSWER_TAIL)) return',
    to: 'return',
    tests: protocol,
  },
  {
    what: 'a slot is claimed in two steps',
    package: executor,
    file: 'src/threads/slot-protocol.ts',
    from: 'return compareExchange(claim, slot, QUEUED, RUNNING) === QUEUED',
    to: 'if (load(claim, slot) !== QUEUED) return false\n    store(claim, slot, RUNNING)\n    return true',
    tests: protocol,
  },
  {
    what: 'an answer rings no bell',
    package: executor,
    file: 'src/threads/slot-protocol.ts',
    from: 'return load(control, POOL_BELL) === 0 && exchange(control, POOL_BELL, 1) === 0',
    to: 'return load(control, POOL_BELL) === 0 && exchange(control, POOL_BELL, 1) === 2',
    tests: protocol,
  },
  {
    what: 'a task that started can be taken back',
    package: executor,
    file: 'src/threads/slot-protocol.ts',
    from: 'return before === QUEUED || before === REVOKED',
    to: 'return before >= QUEUED || before === REVOKED',
    tests: protocol,
  },
  // The addon's queue.
  {
    what: 'a write beside the last one takes its place',
    package: native,
    file: 'src/engine/engine.ts',
    from: 'queue[last + 3]! += length',
    to: 'queue[last + 3]! = length',
    tests: ['test/random-orders.test.ts', 'test/echo.test.ts'],
  },
  {
    what: 'bytes beyond the memory are not sent before',
    package: native,
    file: 'src/engine/engine.ts',
    from: 'if (used + length > OUT_BYTES) {',
    to: 'if (used + length > 2 * OUT_BYTES) {',
    tests: ['test/flow-control.test.ts', 'test/echo.test.ts'],
  },
  {
    what: 'bytes that wait are not counted',
    package: native,
    file: 'src/engine/engine.ts',
    from: 'pending[id & SLOT_MASK]! += length',
    to: 'void pending',
    tests: ['test/flow-control.test.ts', 'test/connection-life.test.ts'],
  },
  {
    what: 'an operation beyond the queue is not flushed before',
    package: native,
    file: 'src/engine/engine.ts',
    from: 'if (queue[0] === QUEUE) this.flush()',
    to: 'if (queue[0] === 0) this.flush()',
    tests: ['test/many-connections.test.ts', 'test/random-orders.test.ts'],
  },
]
