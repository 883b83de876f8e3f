/*
 * A stand-in for the BSDs' <sys/event.h>: the names and types that the real one has and that poller_kqueue.c uses. With
 * it that file can be compiled on machines without kqueue, and with kqueue.c beside it run there, for tests.
 */
#ifndef LOOP_NATIVE_STAND_IN_EVENT_H
#define LOOP_NATIVE_STAND_IN_EVENT_H

#include <stdint.h>
#include <time.h>
#include <unistd.h>

struct kevent {
  uintptr_t ident;
  int16_t filter;
  uint16_t flags;
  uint32_t fflags;
  intptr_t data;
  void *udata;
};

#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_CLEAR 0x0020
#define EV_ERROR 0x4000
#define EV_EOF 0x8000
#define EV_SET(event, id, kind, bits, more, value, pointer) \
  (*(event) = (struct kevent){(id), (kind), (uint16_t)(bits), (more), (value), (pointer)})

int kqueue(void);
int kevent(int fd, const struct kevent *changes, int change_count, struct kevent *events, int event_count,
           const struct timespec *timeout);

/* A queue is more than one descriptor here, and close(2) cannot be told so. */
int ln_stand_in_close(int fd);
#define close(fd) ln_stand_in_close(fd)

#endif
