/*
 * The layers of the addon, from low to high, each with one header that includes those below it:
 *
 *     layout.h    numbers that JavaScript shares
 *     os.h        system calls, addresses, descriptors
 *     slot.h      the engine's state: slots, events, unsent bytes
 *     poller.h    readiness of the kernel, and io_uring
 *     sockets.h   listeners, connections and datagram sockets
 *     tls.h       sessions between connections and the engine
 *     engine.h    the guest of Node's loop: takes and flushes
 *     binding.h   what JavaScript calls
 *
 * A source says before its first include which layer it belongs to; a header of a higher one does not compile there.
 */
#ifndef LOOP_NATIVE_LAYERS_H
#define LOOP_NATIVE_LAYERS_H

#define LN_LAYER_OS 1
#define LN_LAYER_SLOT 2
#define LN_LAYER_POLLER 3
#define LN_LAYER_SOCKETS 4
#define LN_LAYER_TLS 5
#define LN_LAYER_ENGINE 6
#define LN_LAYER_BINDING 7

#if !defined(LN_LAYER)
#error "say which layer this file belongs to: #define LN_LAYER LN_LAYER_..."
#endif

#endif
