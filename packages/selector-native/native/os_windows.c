/* The socket calls on Windows. Tested under wine. */
#define LN_LAYER LN_LAYER_OS

#if defined(_WIN32)

#include "os.h"

int ln_os_error(void) { return uv_translate_sys_error(WSAGetLastError()); }

static int prepare(ln_fd fd) {
  u_long on = 1;
  if (ioctlsocket(fd, (long)FIONBIO, &on) != 0) return ln_os_error();
  SetHandleInformation((HANDLE)fd, HANDLE_FLAG_INHERIT, 0);
  return 0;
}

static int prepare_or_close(ln_fd fd) {
  int error = prepare(fd);
  if (error != 0) closesocket(fd);
  return error;
}

#if !defined(SIO_UDP_CONNRESET)
#define SIO_UDP_CONNRESET _WSAIOW(IOC_VENDOR, 12)
#endif

/* Whether a datagram that nobody took is told at the next receive. */
static void tell_unreachable(ln_fd fd, BOOL on) {
  DWORD returned = 0;
  WSAIoctl(fd, SIO_UDP_CONNRESET, &on, sizeof on, NULL, 0, &returned, NULL, NULL);
}

/*
 * Without SO_EXCLUSIVEADDRUSE another program could bind the same port by SO_REUSEADDR and take what arrives. And a
 * datagram socket with many peers has nothing to learn from one that is gone, as elsewhere; one with a fixed peer has.
 */
int ln_os_socket(int family, int type, ln_fd *fd) {
  int on = 1;
  *fd = socket(family, type, 0);
  if (*fd == INVALID_SOCKET) return ln_os_error();
  setsockopt(*fd, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&on, sizeof on);
  if (type == SOCK_DGRAM) tell_unreachable(*fd, FALSE);
  return prepare_or_close(*fd);
}

void ln_os_peer_fixed(ln_fd fd) { tell_unreachable(fd, TRUE); }

/* A connection that was given up before it was accepted is a reset here, and nothing that went wrong with listening. */
int ln_os_accept(ln_fd listener, ln_fd *fd, struct sockaddr *peer, ln_length *length) {
  *fd = accept(listener, peer, length);
  if (*fd != INVALID_SOCKET) return prepare_or_close(*fd);
  return WSAGetLastError() == WSAECONNRESET ? UV_ECONNABORTED : ln_os_error();
}

/*
 * A connection that broke is told alike everywhere. Windows calls a reset "aborted" when it meets a send that is on its
 * way, and "network reset" when keep-alive finds it; ESHUTDOWN is libuv's EPIPE already.
 */
static int stream_error(void) {
  int error = WSAGetLastError();
  return error == WSAECONNABORTED || error == WSAENETRESET ? UV_ECONNRESET : uv_translate_sys_error(error);
}

int ln_os_connect(ln_fd fd, const struct sockaddr *to, ln_length length) {
  if (connect(fd, to, length) == 0) return 0;
  return WSAGetLastError() == WSAEWOULDBLOCK ? LN_OS_STARTED : ln_os_error();
}

void ln_os_close(ln_fd fd) { closesocket(fd); }

/* Descriptors of a program are not sockets here. */
int ln_os_adopt(ln_fd fd, bool listening) { return (void)fd, (void)listening, UV_ENOTSUP; }

int64_t ln_os_receive(ln_fd fd, char *bytes, size_t length) {
  int n = recv(fd, bytes, (int)length, 0);
  return n < 0 ? stream_error() : n;
}

int64_t ln_os_receive_from(ln_fd fd, char *bytes, size_t length, struct sockaddr *from, ln_length *from_length) {
  int n = recvfrom(fd, bytes, (int)length, 0, from, from_length);
  if (n >= 0) return n;
  /* Nobody took what was sent to the fixed peer: a refusal, elsewhere and here. */
  return WSAGetLastError() == WSAECONNRESET ? UV_ECONNREFUSED : ln_os_error();
}

int64_t ln_os_send(ln_fd fd, const struct ln_span *spans, int count) {
  DWORD sent = 0;
  WSABUF *buffers = (WSABUF *)(uintptr_t)spans;
  return WSASend(fd, buffers, (DWORD)count, &sent, 0, NULL, NULL) != 0 ? stream_error() : (int64_t)sent;
}

int64_t ln_os_send_to(ln_fd fd, const char *bytes, size_t length, const struct sockaddr *to, ln_length to_length) {
  int n = sendto(fd, bytes, (int)length, 0, to, to_length);
  return n < 0 ? ln_os_error() : n;
}

unsigned ln_os_confirm(ln_fd fd, unsigned ready) {
  SHORT asked = (SHORT)((ready & LN_READABLE ? POLLRDNORM : 0) | (ready & LN_WRITABLE ? POLLWRNORM : 0));
  WSAPOLLFD poll = {.fd = fd, .events = asked};
  if (WSAPoll(&poll, 1, 0) < 0 || poll.revents & (POLLERR | POLLHUP | POLLNVAL)) return ready;
  return (poll.revents & POLLRDNORM ? LN_READABLE : 0) | (poll.revents & POLLWRNORM ? LN_WRITABLE : 0);
}

int64_t ln_os_send_file(ln_fd fd, int file, int64_t offset, size_t length) {
  (void)fd, (void)file, (void)offset, (void)length;
  return UV_ENOSYS;
}

int ln_os_shutdown_write(ln_fd fd) { return shutdown(fd, SD_SEND) != 0 ? ln_os_error() : 0; }

#endif
