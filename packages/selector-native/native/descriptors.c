/* Descriptors that Node has no call for: pipes, socket pairs, terminals, event counters. All are non-blocking. */
#if defined(__linux__)
#define _GNU_SOURCE
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#include "loop_native.h"

#if defined(_WIN32)

int ln_make_pipe(int fds[2]) { return (void)fds, UV_ENOTSUP; }
int ln_make_socket_pair(int fds[2]) { return (void)fds, UV_ENOTSUP; }
int ln_make_terminal(int fds[2]) { return (void)fds, UV_ENOTSUP; }
int ln_make_eventfd(int fds[1]) { return (void)fds, UV_ENOTSUP; }

#else

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/eventfd.h>
#endif

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
