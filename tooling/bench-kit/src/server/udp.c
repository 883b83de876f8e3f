/*
 * The load generator for datagrams: many sockets, each with one datagram under way, every byte compared.
 *
 *     udp echo <port> <server pid> <sockets> <bytes> <ignored> <warm-up s> <window s>
 *
 * A datagram that does not come back within a tenth of a second is sent again, and counted. Prints one line of JSON as
 * load.c does, with `lost`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM "udp"
#include "measure.h"

#define SAMPLES (1 << 20)
#define EVENTS 1024
#define LATE_NS 100000000u

struct peer {
  int fd;
  uint32_t number;
  uint64_t since;
};

static char *output, *input;
static size_t message, sample_count;
static uint64_t completed, lost;
static uint32_t *samples;
static bool sampling;

/* The number of a datagram is its first four bytes. */
static void send_one(struct peer *peer) {
  peer->number++;
  memcpy(output, &peer->number, sizeof peer->number);
  peer->since = now_ns();
  if (send(peer->fd, output, message, 0) < 0 && errno != EAGAIN && errno != ENOBUFS) fail("send");
}

static void receive(struct peer *peer) {
  ssize_t n = recv(peer->fd, input, message + 1, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return;
  if (n < 0) fail("recv");
  uint32_t number;
  memcpy(&number, input, sizeof number);
  /* An answer that was given up before. */
  if (number != peer->number) return;
  if ((size_t)n != message || memcmp(input + sizeof number, output + sizeof number, message - sizeof number) != 0)
    fail("bytes differ");
  completed++;
  if (sampling && sample_count < SAMPLES) samples[sample_count++] = (uint32_t)((now_ns() - peer->since) / 1000);
  send_one(peer);
}

static void run_for(int epoll_fd, struct peer *peers, int count, double seconds) {
  struct epoll_event events[EVENTS];
  uint64_t now = now_ns(), end = now + (uint64_t)(seconds * 1e9), look = now + LATE_NS;
  for (; now < end; now = now_ns()) {
    int ready = epoll_wait(epoll_fd, events, EVENTS, 20);
    for (int i = 0; i < ready; i++) receive(events[i].data.ptr);
    if (now < look) continue;
    look = now + LATE_NS;
    for (int i = 0; i < count; i++) {
      if (now < peers[i].since + LATE_NS) continue;
      lost++;
      send_one(&peers[i]);
    }
  }
}

static int by_value(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static uint32_t percentile(double p) {
  return sample_count == 0 ? 0 : samples[(size_t)((double)(sample_count - 1) * p)];
}

int main(int argc, char **argv) {
  if (argc < 9) fail("usage: udp echo <port> <pid> <sockets> <bytes> <ignored> <warm-up> <window>");
  int pid = atoi(argv[3]), count = atoi(argv[4]);
  message = (size_t)atol(argv[5]);
  if (message <= sizeof(uint32_t)) fail("a datagram needs more than four bytes");
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
  inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);
  int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  struct peer *peers = calloc((size_t)count, sizeof *peers);
  input = malloc(message + 1);
  output = malloc(message);
  samples = malloc(sizeof *samples * SAMPLES);
  for (size_t i = 0; i < message; i++) output[i] = (char)(i % 251);
  for (int i = 0; i < count; i++) {
    peers[i].fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (peers[i].fd < 0 || connect(peers[i].fd, (struct sockaddr *)&server, sizeof server) != 0) fail("connect");
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = &peers[i]}};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, peers[i].fd, &event) != 0) fail("epoll_ctl");
    send_one(&peers[i]);
  }
  run_for(epoll_fd, peers, count, atof(argv[7]));
  completed = lost = 0;
  sampling = true;
  uint64_t cpu = cpu_ns(pid), start = now_ns();
  run_for(epoll_fd, peers, count, atof(argv[8]));
  double seconds = (double)(now_ns() - start) / 1e9;
  cpu = cpu_ns(pid) - cpu;
  if (completed == 0) fail("nothing came back");
  qsort(samples, sample_count, sizeof *samples, by_value);
  printf("{\"count\":%llu,\"seconds\":%.4f,\"cpuNs\":%llu,\"p50us\":%u,\"p99us\":%u,\"lost\":%llu}\n",
         (unsigned long long)completed, seconds, (unsigned long long)cpu, percentile(0.5), percentile(0.99),
         (unsigned long long)lost);
  return 0;
}
