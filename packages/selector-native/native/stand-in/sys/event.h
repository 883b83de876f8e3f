/*
 * A stand-in for the BSDs' <sys/event.h>, so that poller_kqueue.c can be compiled on machines without kqueue. It has the
 * names and types that the real one has and that are used; nothing of it is ever linked or run.
 */
#ifndef LOOP_NATIVE_STAND_IN_EVENT_H
#define LOOP_NATIVE_STAND_IN_EVENT_H

#include <stdint.h>
#include <time.h>

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

#endif
