/*
 * Sizes, and the meaning of the numbers that JavaScript and the addon exchange. The same stand in src/layout.ts; a test
 * compares them.
 */
#ifndef LOOP_NATIVE_LAYOUT_H
#define LOOP_NATIVE_LAYOUT_H

/* ---- sizes ---- */

#define LN_EVENTS 4096        /* events of one take; a batch of a thousand busy connections fits several times */
#define LN_QUEUE 8192         /* queued operations before a flush is forced; twice the events, for answers in two parts */
#define LN_OUT (4 << 20)      /* bytes queued before a flush is forced: 64 of the largest queued writes */
#define LN_WRITE_MAX (64 << 10) /* the largest write that is ever copied into the out slab */
#define LN_SLAB (256 << 10)   /* bytes received in one take; fits a second-level cache */
#define LN_READ_MAX (64 << 10) /* one receive, as libuv's */
#define LN_RECEIVE_MAX (1 << 20) /* the most of one receive into the program's memory: others have their turn */
#define LN_TLS_READ_MAX (47 << 10) /* one receive of cipher text: with a record begun before, it fits LN_READ_MAX */
#define LN_TLS_TEXT 256 /* room for the words of a failure */
#define LN_SMALL_MAX (4 << 10) /* the most of one receive that a ring makes: most messages, in a megabyte for 256 of them */
#define LN_SLOT_BITS 17       /* 131,072 slots: above what a process usually has of descriptors */
#define LN_SLOTS (1 << LN_SLOT_BITS)
#define LN_LOOK 1024          /* readiness events taken from the kernel at once, as libuv's epoll */
#define LN_HALVED_MIN 3        /* a take of fewer slots is not halved: it would cost more than it saves */
#define LN_HALVED_MAX 16       /* nor one of more: enough is on its way before the peers fall idle */
#define LN_ACCEPTS 64         /* connections accepted in a row before others have their turn */
#define LN_SPANS 64           /* pieces of one gathered send; far below every system's IOV_MAX */
#define LN_LOW_WATER (16 << 10) /* default low-water mark: a quarter of the high one, as asyncio's */
#define LN_STARVED_MS 100     /* how often a listener without descriptors tries again */
#define LN_ADDRESS 80         /* room before a datagram in the slab: int32 port, then the sender's address as text */
#define LN_PEER 28            /* an internet address as the system has it: sizeof(struct sockaddr_in6) everywhere */
#define LN_DATAGRAMS 16       /* datagrams received from one socket in a row */

/* ---- interest and readiness, as in core's contracts ---- */

#define LN_READABLE 1u
#define LN_WRITABLE 2u
#define LN_HANGUP 4u /* the peer has ended or the descriptor has failed: read on until end of file */
#define LN_NEWER 8u  /* within the addon: reported after the ring had made the receive whose result waits */

/* ---- events ---- */

enum ln_event_kind {
  LN_READY = 1,     /* a = readiness */
  LN_ACCEPTED,      /* a = id of the connection */
  LN_ACCEPT_FAILED, /* a = error */
  LN_CONNECTED,
  LN_DATA,          /* a = offset in the slab, b = length */
  LN_EOF,
  LN_DRAINED,
  LN_DATAGRAM,      /* a = offset in the slab of address and bytes, b = length of the bytes */
  LN_FAILED,        /* a = error; the datagram socket stays open */
  LN_CLOSED,        /* a = error or 0, b = the call that met it + the offset in the slab of both ends' LN_PEER bytes, the peer's first; the last event of its id */
  LN_ARRIVED,       /* something can be received by `receive`; of connections that pull */
  LN_TLS_SECURED,   /* the handshake is done; a = what verification of the peer found, OpenSSL's number */
  LN_TLS_FAILED     /* a = offset in the slab of code, library and reason as lines, b = their length; before LN_CLOSED */
};

/* Below 8, as offsets in the slab are multiples of 8. */
enum ln_call { LN_CALL_NONE = 0, LN_CALL_READ, LN_CALL_WRITE, LN_CALL_CONNECT, LN_CALL_SHUTDOWN, LN_CALL_POLL };

/* ---- options of an open connection ---- */

enum ln_option { LN_SEND_BUFFER = 1, LN_RECEIVE_BUFFER, LN_TTL };

/* ---- queued operations ---- */

enum ln_operation {
  LN_OP_WRITE = 1, /* offset and length in the out slab */
  LN_OP_END,
  LN_OP_CLOSE,
  LN_OP_ABORT,
  LN_OP_PAUSE,
  LN_OP_RESUME,
  LN_OP_PULL, /* from now on JavaScript receives by itself, into memory of its own */
  LN_OP_PUSH  /* from now on the addon receives, as at the start */
};

#endif
