/** Servers of real protocols: a small redis, and HTTP. What each does is in contenders/protocols/. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bun, uvloop } from '@loop/bench-kit'
import { measureHttp, measureRedis, redisProblem, redisServerProblem, wrkProblem } from '@loop/bench-kit/protocols'
import { nodeServer, server } from '../../selector-native/bench/contenders.mjs'

const file = (name) => fileURLToPath(new URL(`contenders/protocols/${name}`, import.meta.url))

const inNode = (name, title, kind, script, arg, unavailable, measure) =>
  nodeServer({ name, title, kind, modes: [arg], script: file(script), args: () => [arg], unavailable }).in(arg, measure)

const redis = (name, title, kind, arg) => inNode(name, title, kind, 'redis.mjs', arg, redisProblem, measureRedis)

export const redisServers = [
  redis('loop', 'Loop', 'ours', 'protocol'),
  redis('loop-streams', 'Loop, async handler', 'ours', 'streams'),
  redis('node-net', 'node:net', 'peer', 'node'),
  nodeServer({
    name: 'redis-server',
    title: 'redis-server',
    kind: 'limit',
    modes: ['redis'],
    version: () =>
      /v=(\S+)/.exec(spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? 'not found',
    unavailable: redisServerProblem,
    script: file('redis-server.mjs'),
  }).in('redis', measureRedis),
]

const http = (name, title, kind, arg) => inNode(name, title, kind, 'http.mjs', arg, wrkProblem, measureHttp)

const uvicornVersion = () =>
  spawnSync(uvloop()?.path ?? '', ['-c', 'import uvicorn; print(uvicorn.__version__)'], {
    encoding: 'utf8',
  }).stdout?.trim() || 'not found'

export const httpServers = [
  http('loop', 'Loop', 'ours', 'protocol'),
  http('loop-streams', 'Loop, async handler', 'ours', 'streams'),
  http('node-http', 'node:http', 'peer', 'node'),
  server({
    name: 'bun-serve',
    title: 'Bun.serve',
    kind: 'peer',
    modes: ['http'],
    version: () => bun()?.version ?? 'not found',
    unavailable: () => wrkProblem() ?? (bun() === undefined ? 'no Bun (npm run bench:setup fetches it)' : undefined),
    command: () => [bun()?.path ?? '', file('bun-http.mjs')],
  }).in('http', measureHttp),
  server({
    name: 'uvicorn',
    title: 'uvicorn on uvloop',
    kind: 'peer',
    modes: ['http'],
    version: uvicornVersion,
    unavailable: () =>
      wrkProblem() ??
      (uvicornVersion() !== 'not found' ? undefined : 'no uvicorn beside uvloop (npm run bench:setup installs it)'),
    command: () => [uvloop()?.path ?? '', file('uvicorn_hello.py')],
  }).in('http', measureHttp),
]
