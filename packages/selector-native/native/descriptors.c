/* Descriptors that Node has no call for: pipes, socket pairs, terminals, event counters. All are non-blocking. */
#define LN_LAYER LN_LAYER_OS

#if defined(__linux__)
#define _GNU_SOURCE
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#include "os.h"

#if defined(_WIN32)

#include <string.h>

static int made(SOCKET socket, int failed) { return failed || socket == INVALID_SOCKET ? ln_os_error() : 0; }

/* Two ends over the loopback, made while blocking; nobody else's connection is taken for ours. */
static int connect_pair(SOCKET listener, SOCKET *left, SOCKET *right) {
  struct sockaddr_in at = {.sin_family = AF_INET}, own, peer;
  ln_length length = sizeof at, own_length = sizeof own, peer_length = sizeof peer;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int error = made(listener, bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 1) != 0 ||
                                 getsockname(listener, (struct sockaddr *)&at, &length) != 0);
  if (error != 0) return error;
  *left = socket(AF_INET, SOCK_STREAM, 0);
  error = made(*left, *left != INVALID_SOCKET && (connect(*left, (struct sockaddr *)&at, sizeof at) != 0 ||
                                                  getsockname(*left, (struct sockaddr *)&own, &own_length) != 0));
  if (error != 0) return error;
  *right = accept(listener, (struct sockaddr *)&peer, &peer_length);
  error = made(*right, 0);
  if (error == 0 && (own.sin_port != peer.sin_port || own.sin_addr.s_addr != peer.sin_addr.s_addr)) error = UV_ECONNABORTED;
  return error;
}

static int prepare_end(SOCKET socket) {
  u_long on = 1;
  int no_delay = 1;
  SetHandleInformation((HANDLE)socket, HANDLE_FLAG_INHERIT, 0);
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, (const char *)&no_delay, sizeof no_delay);
  return made(socket, ioctlsocket(socket, (long)FIONBIO, &on) != 0);
}

int ln_make_socket_pair(int fds[2]) {
  SOCKET listener = socket(AF_INET, SOCK_STREAM, 0), left = INVALID_SOCKET, right = INVALID_SOCKET;
  int error = made(listener, 0);
  if (error == 0) error = connect_pair(listener, &left, &right);
  if (error == 0 && (error = prepare_end(left)) == 0) error = prepare_end(right);
  if (listener != INVALID_SOCKET) closesocket(listener);
  if (error == 0) { /* Handles have 32 bits that count. */
    fds[0] = (int)left;
    fds[1] = (int)right;
    return 0;
  }
  if (left != INVALID_SOCKET) closesocket(left);
  if (right != INVALID_SOCKET) closesocket(right);
  return error;
}

/* Windows' pipes cannot be polled; a pair of sockets can. */
int ln_make_pipe(int fds[2]) { return ln_make_socket_pair(fds); }
int64_t ln_raw_read(ln_fd fd, char *bytes, size_t length) { return ln_os_receive(fd, bytes, length); }
int64_t ln_raw_write(ln_fd fd, char *bytes, size_t length) {
  struct ln_span span = {.bytes = bytes, .length = (unsigned long)length};
  int64_t n = ln_os_send(fd, &span, 1);
  return n == UV_ECONNRESET ? UV_EPIPE : n; /* What a pipe without a reader says. */
}
void ln_raw_close(ln_fd fd) { ln_os_close(fd); }
int ln_make_terminal(int fds[2]) { return (void)fds, UV_ENOTSUP; }
int ln_make_eventfd(int fds[1]) { return (void)fds, UV_ENOTSUP; }

#else

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/eventfd.h>
#endif

int64_t ln_raw_read(ln_fd fd, char *bytes, size_t length) {
  ssize_t n = read(fd, bytes, length);
  return n < 0 ? ln_os_error() : n;
}
int64_t ln_raw_write(ln_fd fd, char *bytes, size_t length) {
  ssize_t n = write(fd, bytes, length);
  return n < 0 ? ln_os_error() : n;
}
void ln_raw_close(ln_fd fd) { close(fd); }

static int prepare(int fds[], int count) {
  for (int i = 0; i < count; i++)
    if (fcntl(fds[i], F_SETFD, FD_CLOEXEC) != 0 || fcntl(fds[i], F_SETFL, O_NONBLOCK) != 0) return ln_os_error();
  return 0;
}

static int prepare_or_close(int fds[], int count) {
  int error = prepare(fds, count);
  for (int i = 0; error != 0 && i < count; i++) close(fds[i]);
  return error;
}

int ln_make_pipe(int fds[2]) { return pipe(fds) != 0 ? ln_os_error() : prepare_or_close(fds, 2); }

int ln_make_socket_pair(int fds[2]) {
  return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0 ? ln_os_error() : prepare_or_close(fds, 2);
}

int ln_make_terminal(int fds[2]) {
  fds[0] = posix_openpt(O_RDWR | O_NOCTTY);
  if (fds[0] < 0) return ln_os_error();
  const char *name = grantpt(fds[0]) == 0 && unlockpt(fds[0]) == 0 ? ptsname(fds[0]) : NULL;
  fds[1] = name != NULL ? open(name, O_RDWR | O_NOCTTY) : -1;
  if (fds[1] >= 0) return prepare_or_close(fds, 2);
  int error = ln_os_error();
  close(fds[0]);
  return error;
}

int ln_make_eventfd(int fds[1]) {
#if defined(__linux__)
  fds[0] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return fds[0] < 0 ? ln_os_error() : 0;
#else
  return (void)fds, UV_ENOTSUP;
#endif
}

#endif
