/*
 * The load generator: a closed loop of echoes over many connections, every byte compared.
 *
 *     load echo  <port> <server pid> <connections> <bytes> <pipeline> <warm-up s> <window s>
 *     load churn <port> <server pid> <connections> <bytes> <ignored>  <warm-up s> <window s>
 *     load idle  <port> <server pid> <connections> <bytes> ...          prints "ready", waits for end of input
 *     load accepted <port> <server pid> <connections>    connects, reads a byte from each, prints how many got each
 *
 * Instead of a port, a path that begins with a slash is a unix socket. Compiled with -DTLS -lssl -lcrypto it speaks TLS (nothing is verified), and `resume` is a churn that resumes
 * sessions.
 *
 * In `echo`, each connection sends `pipeline` messages at once and the next ones when all came back. In `churn`, each
 * connection sends one message, gets it back, closes, and connects anew. Prints one line of JSON: messages (or
 * connections) in the window, its length, the server's CPU time in it (all threads, from /proc), round-trip percentiles.
 * A wrong or missing byte ends it with an error.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <sys/un.h>
#include <unistd.h>
#ifdef TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif

#define PROGRAM "load"
#include "measure.h"

/* Bytes repeat with this period: a prime, so that a message that is shifted or swapped does not compare equal. */
#define PERIOD 251
#define ROUND_SAMPLES (1 << 20)
#define EVENTS 1024

struct peer {
  int fd;
  uint64_t sent, received; /* bytes of this connection's life */
  uint64_t round_start;
#ifdef TLS
  SSL *ssl;
  SSL_SESSION *session;
#endif
};

static struct sockaddr_storage server;
static socklen_t server_length;
static struct peer *peers;
static int epoll_fd, connections;
static size_t message, round_bytes;
static bool churn, resume;
static char *pattern, *input;
static uint64_t completed;
static uint32_t *samples;
static size_t sample_count;
static bool sampling;

#ifdef TLS
static SSL_CTX *context;
static uint64_t handshakes, resumed;

static int keep_session(SSL *ssl, SSL_SESSION *session) {
  struct peer *peer = SSL_get_app_data(ssl);
  if (peer->session != NULL) return 0;
  peer->session = session;
  return 1;
}

static void begin_tls(struct peer *peer) {
  if (context == NULL) {
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, resume ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF);
    if (resume) SSL_CTX_sess_set_new_cb(context, keep_session);
  }
  peer->ssl = SSL_new(context);
  SSL_set_app_data(peer->ssl, peer);
  SSL_set_fd(peer->ssl, peer->fd);
  /* A copy: OpenSSL spoils the one that it used. */
  if (peer->session != NULL) {
    SSL_SESSION *copy = SSL_SESSION_dup(peer->session);
    SSL_set_session(peer->ssl, copy);
    SSL_SESSION_free(copy);
  }
  /* The first write does the handshake, so that many are under way at a time. */
  SSL_set_connect_state(peer->ssl);
}

/* As send and recv answer. */
static ssize_t tls_result(SSL *ssl, int n) {
  if (n > 0) return n;
  int error = SSL_get_error(ssl, n);
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : errno == 0 ? EPROTO : errno;
  return -1;
}
#endif

static ssize_t peer_send(struct peer *peer, const char *bytes, size_t length) {
#ifdef TLS
  ERR_clear_error();
  return tls_result(peer->ssl, SSL_write(peer->ssl, bytes, (int)length));
#else
  return send(peer->fd, bytes, length, MSG_NOSIGNAL);
#endif
}

static ssize_t peer_receive(struct peer *peer, char *bytes, size_t length) {
#ifdef TLS
  ERR_clear_error();
  return tls_result(peer->ssl, SSL_read(peer->ssl, bytes, (int)length));
#else
  return recv(peer->fd, bytes, length, 0);
#endif
}

static void connect_peer(struct peer *peer) {
  int on = 1;
  peer->fd = socket(server.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (peer->fd < 0) fail("socket");
  if (connect(peer->fd, (struct sockaddr *)&server, server_length) != 0) fail("connect");
  if (server.ss_family == AF_INET) setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void open_peer(struct peer *peer) {
  connect_peer(peer);
#ifdef TLS
  begin_tls(peer);
#endif
  fcntl(peer->fd, F_SETFL, O_NONBLOCK);
  peer->sent = peer->received = 0;
  struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = peer}};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, peer->fd, &event) != 0) fail("epoll_ctl");
}

/* Ends with a reset, so that a hundred thousand of them leave no TIME_WAIT behind. */
static void close_peer(struct peer *peer) {
  struct linger linger = {.l_onoff = 1, .l_linger = 0};
#ifdef TLS
  handshakes++;
  if (SSL_session_reused(peer->ssl)) resumed++;
  SSL_set_quiet_shutdown(peer->ssl, 1);
  SSL_shutdown(peer->ssl);
  SSL_free(peer->ssl);
#endif
  setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  close(peer->fd);
}

static void want(struct peer *peer, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.ptr = peer}};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, peer->fd, &event);
}

static uint64_t round_end(const struct peer *peer) { return (peer->received / round_bytes + 1) * round_bytes; }

/* A handshake waits for the server, not for room to write. */
static bool waits_for_room(struct peer *peer) {
#ifdef TLS
  return SSL_want_write(peer->ssl);
#else
  (void)peer;
  return true;
#endif
}

/* Sends the rest of the current round. */
static void send_round(struct peer *peer) {
  uint64_t end = round_end(peer);
  while (peer->sent < end) {
    ssize_t n = peer_send(peer, pattern + peer->sent % PERIOD, end - peer->sent);
    if (n < 0 && errno == EAGAIN) {
      want(peer, EPOLLIN | (waits_for_room(peer) ? EPOLLOUT : 0));
      return;
    }
    if (n < 0) fail("send");
    peer->sent += (uint64_t)n;
  }
}

static void start_round(struct peer *peer) {
  peer->round_start = now_ns();
  send_round(peer);
}

static void round_done(struct peer *peer) {
  completed += churn ? 1 : round_bytes / message;
  if (sampling && sample_count < ROUND_SAMPLES)
    samples[sample_count++] = (uint32_t)((now_ns() - peer->round_start) / 1000);
  if (churn) {
    close_peer(peer);
    open_peer(peer);
  }
  start_round(peer);
}

/* Returns whether there may be more. */
static bool receive_some(struct peer *peer) {
  ssize_t n = peer_receive(peer, input, round_bytes);
  if (n < 0 && errno == EAGAIN) return false;
  if (n <= 0) fail("the server ended a connection");
  if (memcmp(input, pattern + peer->received % PERIOD, (size_t)n) != 0) fail("bytes differ");
  peer->received += (uint64_t)n;
  if (peer->received > peer->sent) fail("more came back than was sent");
  if (peer->received % round_bytes == 0) round_done(peer);
  return true;
}

static void receive(struct peer *peer) {
#ifdef TLS
  if (peer->sent < round_end(peer)) send_round(peer);
  /* What OpenSSL has read already, epoll does not see. */
  while (receive_some(peer)) continue;
#else
  receive_some(peer);
#endif
}

static void run_for(double seconds) {
  struct epoll_event events[EVENTS];
  uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
  while (now_ns() < end) {
    int count = epoll_wait(epoll_fd, events, EVENTS, 100);
    for (int i = 0; i < count; i++) {
      struct peer *peer = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) {
        want(peer, EPOLLIN);
        send_round(peer);
      }
      if (events[i].events & ~(uint32_t)EPOLLOUT) receive(peer);
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

static void idle(void) {
  /* One echo each, one connection after the other, so that every connection has been used. */
  for (int i = 0; i < connections; i++) {
    struct peer *peer = &peers[i];
    fcntl(peer->fd, F_SETFL, 0);
    if (peer_send(peer, pattern, message) != (ssize_t)message) fail("send");
    for (size_t got = 0; got < message;) {
      ssize_t n = peer_receive(peer, input + got, message - got);
      if (n <= 0) fail("recv");
      got += (size_t)n;
    }
    if (memcmp(input, pattern, message) != 0) fail("bytes differ");
  }
  printf("ready\n");
  fflush(stdout);
  char byte;
  while (read(0, &byte, 1) > 0) continue;
}

/* Which worker took each connection: it sends one byte, its number. */
static void accepted(void) {
  size_t counts[256] = {0};
  for (int i = 0; i < connections; i++) connect_peer(&peers[i]);
  for (int i = 0; i < connections; i++) {
    unsigned char worker;
    if (recv(peers[i].fd, &worker, 1, MSG_WAITALL) != 1) fail("no worker answered");
    counts[worker]++;
  }
  printf("{\"counts\":[");
  for (int i = 0, first = 1; i < 256; i++)
    if (counts[i] > 0) {
      printf("%s%zu", first ? "" : ",", counts[i]);
      first = 0;
    }
  printf("]}\n");
}

static void locate(const char *place) {
  if (place[0] == '/') {
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    if (strlen(place) >= sizeof path.sun_path) fail("the path is too long");
    strcpy(path.sun_path, place);
    memcpy(&server, &path, sizeof path);
    server_length = sizeof path;
    return;
  }
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(place))};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  memcpy(&server, &address, sizeof address);
  server_length = sizeof address;
}

int main(int argc, char **argv) {
  if (argc < 6) fail("usage: load <echo|churn|resume|idle|accepted> <port> <pid> <connections> <bytes> [pipeline] [warm-up] [window]");
  int pid = atoi(argv[3]);
  connections = atoi(argv[4]);
  message = (size_t)atol(argv[5]);
  round_bytes = message * (size_t)(argc > 6 ? atol(argv[6]) : 1);
  double warm_up = argc > 7 ? atof(argv[7]) : 0.3, window = argc > 8 ? atof(argv[8]) : 1;
  resume = strcmp(argv[1], "resume") == 0;
  churn = resume || strcmp(argv[1], "churn") == 0;
  if (churn) round_bytes = message;

  locate(argv[2]);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  peers = calloc((size_t)connections, sizeof *peers);
  input = malloc(round_bytes);
  pattern = malloc(round_bytes + PERIOD);
  samples = malloc(sizeof *samples * ROUND_SAMPLES);
  for (size_t i = 0; i < round_bytes + PERIOD; i++) pattern[i] = (char)(i % PERIOD);

  if (strcmp(argv[1], "accepted") == 0) {
    accepted();
    return 0;
  }
  for (int i = 0; i < connections; i++) open_peer(&peers[i]);
  if (strcmp(argv[1], "idle") == 0) {
    idle();
    return 0;
  }
  for (int i = 0; i < connections; i++) start_round(&peers[i]);
  run_for(warm_up);
  completed = 0;
  sampling = true;
  uint64_t cpu = cpu_ns(pid), start = now_ns();
  run_for(window);
  double seconds = (double)(now_ns() - start) / 1e9;
  cpu = cpu_ns(pid) - cpu;
  if (completed == 0) fail("nothing came back");
#ifdef TLS
  /* The first of each connection has no session yet. */
  if (resume && resumed + (uint64_t)connections < handshakes) fail("the server did not resume all sessions");
#endif
  qsort(samples, sample_count, sizeof *samples, by_value);
  printf("{\"count\":%llu,\"seconds\":%.4f,\"cpuNs\":%llu,\"p50us\":%u,\"p99us\":%u}\n", (unsigned long long)completed,
         seconds, (unsigned long long)cpu, percentile(0.5), percentile(0.99));
  return 0;
}
