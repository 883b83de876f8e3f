/* The socket calls on POSIX systems. */
#define LN_LAYER LN_LAYER_OS

#if !defined(_WIN32)

#if defined(__linux__)
#define _GNU_SOURCE /* accept4 */
#endif
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#if defined(__linux__)
#include <sys/sendfile.h>
#include <sys/syscall.h>
#endif
#include <unistd.h>

#include "os.h"

/* A broken connection is an error code, never the signal SIGPIPE; where sends take no flag, a socket option says so. */
#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0
#endif

int ln_os_error(void) { return uv_translate_sys_error(errno); }

static int prepare(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return ln_os_error();
#if defined(SO_NOSIGPIPE)
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  return 0;
}

int ln_os_socket(int family, int type, ln_fd *fd) {
#if defined(__linux__)
  *fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return *fd < 0 ? ln_os_error() : 0;
#else
  *fd = socket(family, type, 0);
  if (*fd < 0) return ln_os_error();
  int error = prepare(*fd);
  if (error != 0) close(*fd);
  return error;
#endif
}

int ln_os_accept(ln_fd listener, ln_fd *fd, struct sockaddr *peer, ln_length *length) {
#if defined(__linux__)
  *fd = accept4(listener, peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return *fd < 0 ? ln_os_error() : 0;
#else
  *fd = accept(listener, peer, length);
  if (*fd < 0) return ln_os_error();
  int error = prepare(*fd);
  if (error != 0) close(*fd);
  return error;
#endif
}

int ln_os_connect(ln_fd fd, const struct sockaddr *to, ln_length length) {
  if (connect(fd, to, length) == 0) return 0;
  /* EAGAIN is a unix socket whose queue is full: it would never become writable. */
  return errno == EINPROGRESS || errno == EINTR ? LN_OS_STARTED : ln_os_error();
}

int ln_os_adopt(ln_fd fd, bool listening) {
  int type = 0, listens = 0;
  socklen_t length = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0) return ln_os_error();
  length = sizeof listens;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0) return ln_os_error();
  if (type != SOCK_STREAM || (listens != 0) != listening) return UV_EINVAL;
  return prepare(fd);
}

/* Not repeated after EINTR: the descriptor is gone either way. */
void ln_os_close(ln_fd fd) { close(fd); }

static int64_t result(ssize_t n) { return n < 0 ? ln_os_error() : (int64_t)n; }

/*
 * On Linux the two calls of every message go past glibc's wrappers: in a process with threads, as Node's is, those mark
 * a point of thread cancellation around each call, which nothing here uses and which showed as 2 % of an echo server.
 */
static ssize_t receive(int fd, char *bytes, size_t length) {
#if defined(__linux__) && defined(SYS_recvfrom)
  return syscall(SYS_recvfrom, fd, bytes, length, 0, NULL, NULL);
#else
  return recv(fd, bytes, length, 0);
#endif
}

static ssize_t send_one(int fd, const char *bytes, size_t length) {
#if defined(__linux__) && defined(SYS_sendto)
  return syscall(SYS_sendto, fd, bytes, length, MSG_NOSIGNAL, NULL, 0);
#else
  return send(fd, bytes, length, MSG_NOSIGNAL);
#endif
}

int64_t ln_os_receive(ln_fd fd, char *bytes, size_t length) { return result(receive(fd, bytes, length)); }

int64_t ln_os_receive_from(ln_fd fd, char *bytes, size_t length, struct sockaddr *from, ln_length *from_length) {
  return result(recvfrom(fd, bytes, length, 0, from, from_length));
}

int64_t ln_os_send(ln_fd fd, const struct ln_span *spans, int count) {
  if (count == 1) return result(send_one(fd, spans->bytes, spans->length));
  struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)spans, .msg_iovlen = count};
  return result(sendmsg(fd, &message, MSG_NOSIGNAL));
}

int64_t ln_os_send_to(ln_fd fd, const char *bytes, size_t length, const struct sockaddr *to, ln_length to_length) {
  return result(sendto(fd, bytes, length, MSG_NOSIGNAL, to, to_length));
}

int64_t ln_os_send_file(ln_fd fd, int file, int64_t offset, size_t length) {
#if defined(__linux__)
  off_t at = (off_t)offset;
  return result(sendfile(fd, file, &at, length));
#else
  (void)fd, (void)file, (void)offset, (void)length;
  return UV_ENOSYS;
#endif
}

int ln_os_shutdown_write(ln_fd fd) { return shutdown(fd, SHUT_WR) != 0 ? ln_os_error() : 0; }

#endif
