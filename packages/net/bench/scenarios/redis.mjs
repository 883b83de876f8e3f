import { redisServers } from '../protocols.mjs'

const at = (pipeline, requests) => ({
  label: `50 connections, -P ${pipeline}`,
  connections: 50,
  pipeline,
  requests,
})

export default {
  name: 'redis',
  title: 'A small redis, by redis-benchmark',
  note: 'GET and SET of three bytes, ten thousand keys. The limit is redis-server itself, which does more than ours; node:net runs the same parser as ours.',
  measures: {
    get: { title: 'GET', unit: '1/s', better: 'more' },
    set: { title: 'SET', unit: '1/s', better: 'more' },
  },
  points: [at(1, 100_000), at(16, 1_000_000)],
  quick: [at(1, 20_000), at(16, 100_000)],
  contenders: redisServers,
  goals: [
    {
      what: 'redis, one command at a time',
      of: 'loop',
      against: 'redis-server',
      atLeast: 1,
      over: ({ pipeline }) => pipeline === 1,
    },
    {
      what: 'redis, 16 commands at a time',
      of: 'loop',
      against: 'redis-server',
      atLeast: 0.75,
      over: ({ pipeline }) => pipeline === 16,
    },
    {
      what: 'redis, 16 commands at a time',
      of: 'loop',
      against: 'node-net',
      atLeast: 1.5,
      over: ({ pipeline }) => pipeline === 16,
    },
  ],
}
