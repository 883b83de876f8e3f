// What is measured against what, and what was promised. Ratios are ours over theirs, in the same round.
const threads = ['loop-threads', 'piscina', 'piscina-tuned', 'tinypool', 'workerpool', 'poolifier', 'raw']
const peers = ['piscina', 'tinypool', 'workerpool', 'poolifier']
const processes = ['loop-processes', 'tinypool-processes', 'workerpool-processes', 'poolifier-processes']
const loop = (task, workers, concurrency, more = {}) => ({ scenario: 'closed-loop', options: { task, workers, concurrency, ...more } })

export const plan = [
  {
    title: 'trivial task, 1 worker, 256 in flight',
    ...loop('trivial', 1, 256),
    contenders: [...threads, 'loop-spinning', 'python-threads'],
    goals: [['piscina', 100], ['best peer', 15], ['raw', 2.5]],
  },
  {
    title: 'trivial task, 1 worker, 16 in flight',
    ...loop('trivial', 1, 16),
    contenders: [...threads, 'loop-spinning', 'python-threads'],
    goals: [['piscina', 12], ['piscina-tuned', 1.7]],
  },
  {
    title: 'trivial task, 1 worker, one at a time',
    ...loop('trivial', 1, 1),
    contenders: [...threads, 'loop-spinning', 'python-threads'],
    goals: [['raw', 0.8], ['best peer', 1]],
  },
  { title: 'trivial task, 2 workers, 256 in flight', ...loop('trivial', 2, 256), contenders: [...threads, 'python-threads'], goals: [] },
  { title: 'trivial task, 2 workers, 16 in flight', ...loop('trivial', 2, 16), contenders: threads, goals: [] },
  {
    title: 'small object, 1 worker, 256 in flight',
    ...loop('object', 1, 256),
    contenders: threads,
    goals: [['piscina', 30], ['raw', 1.5]],
  },
  { title: 'small object, 1 worker, 16 in flight', ...loop('object', 1, 16), contenders: threads, goals: [] },
  { title: 'small object, 2 workers, 256 in flight', ...loop('object', 2, 256), contenders: threads, goals: [] },
  { title: 'burst of 50,000, 2 workers', scenario: 'burst', options: { workers: 2 }, contenders: threads, goals: [] },
  { title: '1 MiB copied, 4 in flight', ...loop('bytes', 1, 4), contenders: threads, goals: [['piscina', 2]] },
  { title: '1 MiB transferred, 4 in flight', ...loop('bytes', 1, 4, { transfer: true }), contenders: threads, goals: [] },
  { title: 'computing, 2 workers', scenario: 'compute', options: { workers: 2 }, contenders: ['loop-threads', ...peers, 'raw'], goals: [['best peer', 0.95]] },
  {
    title: '200 tasks of 1 ms behind one of 400 ms, 2 workers',
    scenario: 'behind-a-long-one',
    options: { workers: 2 },
    contenders: ['loop-threads', ...peers, 'piscina-tuned'],
    goals: [['piscina', 0.95]],
  },
  { title: 'import to first result, 1 worker', scenario: 'start', options: { workers: 1 }, contenders: ['loop-threads', ...peers, 'raw'], goals: [] },
  { title: 'memory a worker, 8 workers', scenario: 'memory', options: { workers: 8 }, contenders: ['loop-threads', ...peers, 'raw'], goals: [] },
  {
    title: 'processes: trivial task, 1 worker, 256 in flight',
    ...loop('trivial', 1, 256),
    contenders: [...processes, 'python-processes'],
    goals: [['best peer', 5]],
  },
  { title: 'processes: trivial task, 1 worker, one at a time', ...loop('trivial', 1, 1), contenders: [...processes, 'python-processes'], goals: [] },
]

/** The peers as they are shipped, of threads or of processes; the best of them counts. */
export const shipped = new Set([...peers, ...peers.map((peer) => `${peer}-processes`)])
