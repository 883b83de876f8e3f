/*
 * The limit: an echo server in C on one thread, edge-triggered epoll, one receive and one send for each message.
 * What it can't do, no server on this machine can. Prints its port, ends with its input.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (64 << 10)
#define EVENTS 1024

/* What a connection's peer has not taken yet. */
struct client {
  int fd;
  char *rest;
  size_t length;
};

static int epoll_fd;
static char buffer[BUFFER];

static void end_client(struct client *client) {
  close(client->fd);
  free(client->rest);
  free(client);
}

static void watch(struct client *client, int operation, uint32_t events) {
  struct epoll_event event = {.events = events | EPOLLRDHUP | (uint32_t)EPOLLET, .data = {.ptr = client}};
  epoll_ctl(epoll_fd, operation, client->fd, &event);
}

static void accept_all(int listener) {
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct client *client = calloc(1, sizeof *client);
    client->fd = fd;
    watch(client, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
  }
}

/* Returns 0 when the connection is over. */
static int send_some(struct client *client, const char *bytes, size_t length) {
  ssize_t n = length > 0 ? send(client->fd, bytes, length, MSG_NOSIGNAL) : 0;
  if (n < 0 && errno != EAGAIN) return 0;
  size_t sent = n < 0 ? 0 : (size_t)n;
  char *rest = sent < length ? memcpy(malloc(length - sent), bytes + sent, length - sent) : NULL;
  free(client->rest);
  client->rest = rest;
  client->length = length - sent;
  return 1;
}

static int serve(struct client *client, uint32_t events) {
  if (client->rest != NULL) {
    if (!send_some(client, client->rest, client->length)) return 0;
    if (client->rest != NULL) return 1;
  }
  for (;;) {
    ssize_t n = recv(client->fd, buffer, BUFFER, 0);
    if (n == 0) return 0;
    if (n < 0) return errno == EAGAIN;
    if (!send_some(client, buffer, (size_t)n)) return 0;
    if (client->rest != NULL || (n < BUFFER && !(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)))) return 1;
  }
}

int main(void) {
  struct epoll_event events[EVENTS];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 4096) != 0) return 1;
  getsockname(listener, (struct sockaddr *)&address, &length);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = NULL}};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
  struct client input = {.fd = 0};
  struct epoll_event input_event = {.events = EPOLLIN, .data = {.ptr = &input}};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &input_event);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int count = epoll_wait(epoll_fd, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      struct client *client = events[i].data.ptr;
      if (client == &input) return 0;
      if (client == NULL) accept_all(listener);
      else if (!serve(client, events[i].events)) end_client(client);
    }
  }
}
