// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors
//
//   without NUMBER[,NUMBER…] COMMAND…   executes a command for which system calls do not exist (ENOSYS), as on an older
//                                       kernel, or inside a container whose filter does not know them.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int count, char **words) {
  struct sock_filter code[64];
  unsigned length = 0;
  if (count < 3) return 2;
  code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (char *number = words[1]; length < 60; number++) {
    unsigned value = (unsigned)strtoul(number, &number, 10);
    code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    if (*number != ',') break;
  }
  code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {.len = (unsigned short)length, .filter = code};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    perror("without: seccomp");
    return 2;
  }
  execv(words[2], words + 2);
  perror(words[2]);
  return 127;
}
