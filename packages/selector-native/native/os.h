/*
 * The few socket calls that differ between POSIX and Windows, under one set of names.
 * Results are libuv errors (negative) or what the call gives.
 */
#ifndef LOOP_NATIVE_OS_H
#define LOOP_NATIVE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "layers.h"
#include "layout.h"

#if LN_LAYER < LN_LAYER_OS
#error "os.h is of a higher layer than the file that includes it"
#endif

#if defined(_WIN32)

#include <winsock2.h>
#include <ws2tcpip.h>
typedef SOCKET ln_fd;
#define LN_NO_FD INVALID_SOCKET
typedef int ln_length;
/* Has the layout of WSABUF. */
struct ln_span {
  unsigned long length;
  char *bytes;
};

#else

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
typedef int ln_fd;
#define LN_NO_FD (-1)
typedef socklen_t ln_length;
/* Has the layout of struct iovec. */
struct ln_span {
  char *bytes;
  size_t length;
};

#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__) || defined(__DragonFly__)
#define LN_HAVE_KQUEUE 1
#endif

#endif

/* The address of an internet peer, as slots keep it; a unix socket's 110 bytes would double every slot. */
union ln_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/* Any address, as calls take it. */
struct ln_endpoint {
  ln_length length; /* 0: none */
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage storage;
#if !defined(_WIN32)
    struct sockaddr_un local;
#endif
  } address;
};

/* The error of the last socket call, as libuv's. */
int ln_os_error(void);
/* A non-blocking socket that children do not inherit. */
int ln_os_socket(int family, int type, ln_fd *fd);
int ln_os_accept(ln_fd listener, ln_fd *fd, struct sockaddr *peer, ln_length *length);
/* 0: connected; LN_OS_STARTED: the descriptor becomes writable when it is decided. */
int ln_os_connect(ln_fd fd, const struct sockaddr *to, ln_length length);
#define LN_OS_STARTED 1
/* A datagram socket was connected: it wants to be told when its peer is not there. */
#if defined(_WIN32)
void ln_os_peer_fixed(ln_fd fd);
#else
static inline void ln_os_peer_fixed(ln_fd fd) { (void)fd; }
#endif
void ln_os_close(ln_fd fd);
/* Makes a socket from elsewhere as those above; UV_EINVAL unless it is a stream that listens, or one that does not. */
int ln_os_adopt(ln_fd fd, bool listening);
int64_t ln_os_receive(ln_fd fd, char *bytes, size_t length);
int64_t ln_os_receive_from(ln_fd fd, char *bytes, size_t length, struct sockaddr *from, ln_length *from_length);
int64_t ln_os_send(ln_fd fd, const struct ln_span *spans, int count);
int64_t ln_os_send_to(ln_fd fd, const char *bytes, size_t length, const struct sockaddr *to, ln_length to_length);
/* Sends a part of an open file; 0 at its end, UV_ENOSYS where there is no such call. */
int64_t ln_os_send_file(ln_fd fd, int file, int64_t offset, size_t length);
int ln_os_shutdown_write(ln_fd fd);
/*
 * What of `ready` is true now. Windows' libuv asks the kernel for the next report before the last one is served, so one
 * of its reports can be about what has been read meanwhile; a program must not be called for nothing.
 */
#if defined(_WIN32)
unsigned ln_os_confirm(ln_fd fd, unsigned ready);
#else
static inline unsigned ln_os_confirm(ln_fd fd, unsigned ready) { return (void)fd, ready; }
#endif
/* Interrupted or would block: try again later. */
static inline bool ln_os_again(int64_t error) { return error == UV_EAGAIN || error == UV_EINTR; }

/* address.c */
int ln_address_parse(const char *host, int port, struct ln_endpoint *endpoint);
int ln_address_path(const char *path, size_t length, struct ln_endpoint *endpoint);
int ln_address_format(const struct sockaddr *address, char *host, size_t size, int *port);

/* descriptors.c: descriptors that Node cannot make */
int ln_make_pipe(int fds[2]);
int ln_make_socket_pair(int fds[2]);
int ln_make_terminal(int fds[2]);
int ln_make_eventfd(int fds[1]);
/* What a program does with them: node:fs takes no sockets on Windows. */
int64_t ln_raw_read(ln_fd fd, char *bytes, size_t length);
int64_t ln_raw_write(ln_fd fd, char *bytes, size_t length);
void ln_raw_close(ln_fd fd);

#endif
