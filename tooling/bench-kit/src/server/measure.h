/* What all load generators measure with; PROGRAM is the name that their errors begin with. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const char *what) {
  fprintf(stderr, PROGRAM ": %s: %s\n", what, errno ? strerror(errno) : "");
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* CPU time of all threads of a process in nanoseconds. */
static uint64_t cpu_ns(int pid) {
  char path[320];
  uint64_t total = 0;
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *directory = opendir(path);
  if (directory == NULL) fail("the server is gone");
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, entry->d_name);
    FILE *file = fopen(path, "r");
    unsigned long long run = 0;
    if (file == NULL) continue;
    if (fscanf(file, "%llu", &run) == 1) total += run;
    fclose(file);
  }
  closedir(directory);
  return total;
}
