/*
 * kqueue over epoll, so that poller_kqueue.c runs on Linux in tests. No part of the addon that is shipped.
 *
 * A queue is an epoll descriptor that holds two others, one for each filter: kqueue keeps reading and writing of a
 * descriptor apart, and epoll does not. Like a real queue it can itself be polled, a descriptor that is closed leaves it,
 * EV_CLEAR reports changes and its absence states.
 *
 *                     ┌─ epoll of EVFILT_READ  ── descriptors
 *     queue (epoll) ──┤
 *                     └─ epoll of EVFILT_WRITE ── descriptors
 *
 * EV_EOF stands on EVFILT_READ when the far end ended or the connection failed, on EVFILT_WRITE when nothing can be
 * written any more. `data` and `fflags` stay 0: nothing here reads them. Filters of other kinds are refused.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/event.h>

#undef close

enum { READING, WRITING, FILTERS };

struct queue {
  int fd;
  int filter[FILTERS];
  void **udata[FILTERS]; /* by descriptor */
  size_t room;
  struct queue *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct queue *queues;

/* The queue of a descriptor, and the place that holds it; the caller has the lock. */
static struct queue **place_of(int fd) {
  struct queue **at = &queues;
  while (*at != NULL && (*at)->fd != fd) at = &(*at)->next;
  return at;
}

static struct queue *queue_of(int fd) {
  pthread_mutex_lock(&lock);
  struct queue *queue = *place_of(fd);
  pthread_mutex_unlock(&lock);
  return queue;
}

static void release(struct queue *queue) {
  for (int i = 0; i < FILTERS; i++) {
    if (queue->filter[i] >= 0) close(queue->filter[i]);
    free(queue->udata[i]);
  }
  if (queue->fd >= 0) close(queue->fd);
  free(queue);
}

int kqueue(void) {
  struct queue *queue = calloc(1, sizeof *queue);
  if (queue == NULL) return -1;
  queue->fd = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < FILTERS; i++) queue->filter[i] = epoll_create1(EPOLL_CLOEXEC);
  int failed = queue->fd < 0 || queue->filter[READING] < 0 || queue->filter[WRITING] < 0;
  for (int i = 0; i < FILTERS && !failed; i++) {
    struct epoll_event inner = {.events = EPOLLIN, .data.fd = i};
    failed = epoll_ctl(queue->fd, EPOLL_CTL_ADD, queue->filter[i], &inner);
  }
  if (failed) {
    int error = errno;
    release(queue);
    errno = error;
    return -1;
  }
  pthread_mutex_lock(&lock);
  queue->next = queues;
  queues = queue;
  pthread_mutex_unlock(&lock);
  return queue->fd;
}

int ln_stand_in_close(int fd) {
  pthread_mutex_lock(&lock);
  struct queue **at = place_of(fd), *queue = *at;
  if (queue != NULL) *at = queue->next;
  pthread_mutex_unlock(&lock);
  if (queue == NULL) return close(fd);
  release(queue);
  return 0;
}

static int make_room(struct queue *queue, size_t wanted) {
  if (wanted < queue->room) return 0;
  size_t room = wanted * 2 + 64;
  for (int i = 0; i < FILTERS; i++) {
    void **more = realloc(queue->udata[i], room * sizeof *more);
    if (more == NULL) return -1;
    queue->udata[i] = more;
  }
  queue->room = room;
  return 0;
}

static int apply(struct queue *queue, const struct kevent *change) {
  if (change->filter != EVFILT_READ && change->filter != EVFILT_WRITE) return errno = EINVAL, -1;
  int which = change->filter == EVFILT_READ ? READING : WRITING, fd = (int)change->ident;
  if (change->flags & EV_DELETE) return epoll_ctl(queue->filter[which], EPOLL_CTL_DEL, fd, NULL);
  if (make_room(queue, (size_t)fd) != 0) return -1;
  struct epoll_event asked = {.data.fd = fd};
  asked.events = which == READING ? EPOLLIN | EPOLLRDHUP : EPOLLOUT;
  if (change->flags & EV_CLEAR) asked.events |= EPOLLET;
  int done = epoll_ctl(queue->filter[which], EPOLL_CTL_ADD, fd, &asked);
  if (done != 0 && errno == EEXIST) done = epoll_ctl(queue->filter[which], EPOLL_CTL_MOD, fd, &asked);
  if (done == 0) queue->udata[which][fd] = change->udata;
  return done;
}

static int collect(struct queue *queue, int which, struct kevent *events, int count) {
  struct epoll_event found[64];
  int n = count <= 0 ? 0 : epoll_wait(queue->filter[which], found, count < 64 ? count : 64, 0);
  for (int i = 0; i < n; i++) {
    uint32_t over = which == READING ? EPOLLRDHUP | EPOLLHUP | EPOLLERR : EPOLLHUP | EPOLLERR;
    EV_SET(&events[i], (uintptr_t)found[i].data.fd, which == READING ? EVFILT_READ : EVFILT_WRITE,
           found[i].events & over ? EV_EOF : 0, 0, 0, queue->udata[which][found[i].data.fd]);
  }
  return n < 0 ? 0 : n;
}

int kevent(int fd, const struct kevent *changes, int change_count, struct kevent *events, int event_count,
           const struct timespec *timeout) {
  struct queue *queue = queue_of(fd);
  if (queue == NULL) return errno = EBADF, -1;
  for (int i = 0; i < change_count; i++)
    if (apply(queue, &changes[i]) != 0) return -1;
  if (event_count == 0) return 0;
  struct epoll_event some[FILTERS];
  int ms = timeout == NULL ? -1 : (int)(timeout->tv_sec * 1000 + (timeout->tv_nsec + 999999) / 1000000);
  if (ms != 0 && epoll_wait(queue->fd, some, FILTERS, ms) < 0) return -1;
  int n = collect(queue, READING, events, event_count);
  return n + collect(queue, WRITING, events + n, event_count - n);
}
