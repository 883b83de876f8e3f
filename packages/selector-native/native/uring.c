/*
 * io_uring, as a way to make many calls at once: the receives of a take, the sends of a flush.
 *
 * Readiness still comes from epoll, and every operation is asked not to wait (MSG_DONTWAIT), so all are complete when the
 * one system call returns. Nothing is ever in flight: no buffer must be held for the kernel, a connection can be closed at
 * any time, and what goes wrong with the ring only means that the calls are made one by one. Measured on prototypes, the
 * form with operations in flight saved no more, because the kernel's TCP work is what costs.
 */
#define LN_LAYER LN_LAYER_POLLER

#if defined(__linux__)

#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "poller.h"

/* Operations of one call; a larger batch takes several. */
#define ENTRIES 256

struct ln_ring {
  int fd;
  unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
  struct io_uring_sqe *sqes;
  struct io_uring_cqe *cqes;
  void *memory;
  size_t memory_size;
  unsigned prepared;
  int32_t held; /* receives whose bytes wait in `buffers` for their slot's turn */
  struct ln_slot *slots[ENTRIES];
  char buffers[ENTRIES][LN_SMALL_MAX];
};

static int map(struct ln_ring *ring, const struct io_uring_params *params) {
  size_t sq_size = params->sq_off.array + params->sq_entries * sizeof(unsigned);
  size_t cq_size = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
  ring->memory_size = sq_size > cq_size ? sq_size : cq_size;
  if (!(params->features & IORING_FEAT_SINGLE_MMAP)) return UV_ENOTSUP;
  char *memory = mmap(NULL, ring->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
  if (memory == MAP_FAILED) return ln_os_error();
  ring->memory = memory;
  size_t sqes_size = params->sq_entries * sizeof(struct io_uring_sqe);
  void *sqes = mmap(NULL, sqes_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES);
  if (sqes == MAP_FAILED) return ln_os_error();
  ring->sqes = sqes;
  ring->sq_tail = (unsigned *)(memory + params->sq_off.tail);
  ring->sq_mask = (unsigned *)(memory + params->sq_off.ring_mask);
  ring->sq_array = (unsigned *)(memory + params->sq_off.array);
  ring->cq_head = (unsigned *)(memory + params->cq_off.head);
  ring->cq_tail = (unsigned *)(memory + params->cq_off.tail);
  ring->cq_mask = (unsigned *)(memory + params->cq_off.ring_mask);
  ring->cqes = (struct io_uring_cqe *)(memory + params->cq_off.cqes);
  return 0;
}

void ln_ring_close(struct ln_ring *ring) {
  if (ring == NULL) return;
  if (ring->sqes != NULL) munmap(ring->sqes, ENTRIES * sizeof(struct io_uring_sqe));
  if (ring->memory != NULL) munmap(ring->memory, ring->memory_size);
  if (ring->fd >= 0) close(ring->fd);
  free(ring);
}

/* A test's: what the kernel is taken to answer when it is asked for a ring; 0 asks it. Each thread has its own. */
static _Thread_local int refusal;

void ln_ring_refuse(int error) { refusal = error; }

static int set_up(struct ln_ring *ring) {
  struct io_uring_params params = {.flags = IORING_SETUP_SUBMIT_ALL};
  ring->fd = refusal != 0 ? -1 : (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
  if (ring->fd < 0) return refusal != 0 ? refusal : ln_os_error();
  return map(ring, &params);
}

int ln_ring_open(struct ln_ring **opened) {
  struct ln_ring *ring = calloc(1, sizeof *ring);
  if (ring == NULL) return UV_ENOMEM;
  int error = set_up(ring);
  if (error == 0) *opened = ring;
  else ln_ring_close(ring);
  return error;
}

static struct io_uring_sqe *prepare(struct ln_ring *ring, struct ln_slot *slot, uint8_t opcode, const char *bytes,
                                    size_t length) {
  unsigned index = ring->prepared++;
  unsigned tail = *ring->sq_tail + index;
  struct io_uring_sqe *sqe = &ring->sqes[tail & *ring->sq_mask];
  ring->sq_array[tail & *ring->sq_mask] = tail & *ring->sq_mask;
  memset(sqe, 0, sizeof *sqe);
  sqe->opcode = opcode;
  sqe->fd = slot->fd;
  sqe->addr = (uint64_t)(uintptr_t)bytes;
  sqe->len = (uint32_t)length;
  sqe->user_data = index;
  ring->slots[index] = slot;
  return sqe;
}

/* Makes the calls that were prepared; false when the ring does not work (any more). */
static bool submit(struct ln_ring *ring, void (*done)(struct ln_ring *, unsigned index, int32_t result)) {
  unsigned unsubmitted = ring->prepared, incomplete = ring->prepared;
  __atomic_store_n(ring->sq_tail, *ring->sq_tail + ring->prepared, __ATOMIC_RELEASE);
  ring->prepared = 0;
  while (incomplete > 0) {
    long submitted = syscall(SYS_io_uring_enter, ring->fd, unsubmitted, incomplete, IORING_ENTER_GETEVENTS, NULL, 0);
    if (submitted < 0 && errno != EINTR) return false;
    if (submitted > 0) unsubmitted -= (unsigned)submitted;
    unsigned head = *ring->cq_head, tail = __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE);
    for (; head != tail; head++, incomplete--) {
      const struct io_uring_cqe *cqe = &ring->cqes[head & *ring->cq_mask];
      done(ring, (unsigned)cqe->user_data, cqe->res);
    }
    __atomic_store_n(ring->cq_head, head, __ATOMIC_RELEASE);
  }
  return true;
}

/* From here on, calls are made one by one. Bytes already received stay where they are until they are emitted. */
static void give_up(struct ln_engine *engine) { engine->ring_failed = true; }

/* ---- receiving ---- */

static bool can_receive(const struct ln_slot *slot) {
  const unsigned not_now = LN_PAUSED | LN_AT_EOF | LN_CLOSING | LN_DEAD | LN_CONNECTING | LN_LARGE | LN_PULL;
  return slot->kind == LN_CONNECTION && slot->ready & LN_READABLE && !(slot->flags & not_now);
}

static void received(struct ln_ring *ring, unsigned index, int32_t result) {
  struct ln_slot *slot = ring->slots[index];
  slot->early_receive = result;
  slot->early_bytes = ring->buffers[index];
  ring->held++;
}

void ln_ring_receive(struct ln_engine *engine) {
  struct ln_ring *ring = engine->ring;
  if (ring->held > 0 || engine->ring_failed) return;
  for (int32_t i = engine->work_head; i >= 0 && ring->prepared < ENTRIES; i = engine->slots[i].next) {
    struct ln_slot *slot = &engine->slots[i];
    if (!can_receive(slot)) continue;
    char *bytes = ring->buffers[ring->prepared];
    prepare(ring, slot, IORING_OP_RECV, bytes, LN_SMALL_MAX)->msg_flags = MSG_DONTWAIT;
  }
  if (ring->prepared > 0 && !submit(ring, received)) give_up(engine);
}

int64_t ln_ring_take_received(struct ln_engine *engine, struct ln_slot *slot, const char **bytes) {
  int64_t result = slot->early_receive;
  *bytes = slot->early_bytes;
  ln_ring_forget(engine, slot);
  return result;
}

void ln_ring_forget(struct ln_engine *engine, struct ln_slot *slot) {
  if (slot->early_bytes == NULL) return;
  slot->early_bytes = NULL;
  engine->ring->held--;
}

/* ---- sending ---- */

static void sent(struct ln_ring *ring, unsigned index, int32_t result) { ring->slots[index]->early_send = result; }

void ln_ring_add_send(struct ln_engine *engine, struct ln_slot *slot, const char *bytes, size_t length) {
  if (engine->ring_failed) return;
  prepare(engine->ring, slot, IORING_OP_SEND, bytes, length)->msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  if (engine->ring->prepared == ENTRIES) ln_ring_send(engine);
}

void ln_ring_send(struct ln_engine *engine) {
  if (engine->ring->prepared > 0 && !submit(engine->ring, sent)) give_up(engine);
}

#else

#include "poller.h"

void ln_ring_refuse(int error) { (void)error; }
void ln_ring_receive(struct ln_engine *engine) { (void)engine; }
int64_t ln_ring_take_received(struct ln_engine *engine, struct ln_slot *slot, const char **bytes) {
  return (void)engine, (void)slot, (void)bytes, UV_EAGAIN;
}
void ln_ring_forget(struct ln_engine *engine, struct ln_slot *slot) { (void)engine, (void)slot; }
void ln_ring_add_send(struct ln_engine *engine, struct ln_slot *slot, const char *bytes, size_t length) {
  (void)engine, (void)slot, (void)bytes, (void)length;
}
void ln_ring_send(struct ln_engine *engine) { (void)engine; }

#endif
