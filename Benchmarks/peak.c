// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// Runs a command and prints the peak resident memory of it and of what it waited for, in KiB (wait4(2)).
//
// A process begins with the peak of the address space that execve(2) took from it, which is that of its parent: whoever
// asks must be smaller than what is measured. This program is; the bench is not.
//
//     gcc -O2 -static -o peak peak.c && ./peak FILE COMMAND [ARGUMENT…]

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int complain(const char *what) {
  dprintf(2, "peak: %s: %s\n", what, strerror(errno));
  return 125;
}

int main(int count, char **words) {
  if (count < 3) {
    dprintf(2, "usage: peak FILE COMMAND [ARGUMENT...]\n");
    return 125;
  }
  int file = open(words[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return complain(words[1]);
  pid_t child = vfork();
  if (child < 0) return complain("vfork");
  if (child == 0) {
    execv(words[2], words + 2);
    _exit(complain(words[2]));
  }
  int status;
  struct rusage usage;
  while (wait4(child, &status, 0, &usage) < 0)
    if (errno != EINTR) return complain("wait4");
  if (dprintf(file, "%ld\n", usage.ru_maxrss) < 0) return complain(words[1]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
