/** Connections as readers and writers: what `@loop/net/streams` exports. */
export * from '@loop/net/streams'
