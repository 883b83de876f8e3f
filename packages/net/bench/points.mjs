/** The loads: connections, bytes of a message, messages sent together. */

/** Short windows for a quick run, in seconds. */
const short = { warmUp: 0.2, window: 0.2 }

/** @param {number} connections @param {number} bytes @param {number} [pipeline] */
export const point = (connections, bytes, pipeline = 1) => ({
  label: `${connections} × ${bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes} B`}${pipeline > 1 ? ` × ${pipeline}` : ''}`,
  connections,
  bytes,
  pipeline,
})

export const quick = (...points) => points.map((one) => ({ ...one, ...short }))

/** Points with this many connections count for goals; below, everybody measures the machine's wake-up time. */
export const enough = ({ connections }) => connections >= 10
