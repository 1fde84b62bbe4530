// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors
//
// Runs a command and does harm before one of its system calls, by ptrace(2).
//
//   fault count             COMMAND…   prints how many system calls each process made: lines "ROLE CALLS NUMBERS…"
//   fault kill ROLE K       COMMAND…   SIGKILL to the process before its K-th system call
//   fault fail ROLE K ERRNO COMMAND…   its K-th system call is not made (close: is made) and gives -ERRNO
//
// ROLE is 0 for the command itself, 1 for the first process that it or its children make, and so on. A process counts
// until it ends or, if it is not the command itself, executes a program. What is printed goes to descriptor 9.
// The exit status is that of the command, or 128 and its signal.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROLES = 64, CALLS = 16384 };

static struct role {
  pid_t pid;
  long calls;
  int inside;  // Between entry and exit of a system call.
  int failing;
  int done;  // Not counted any more.
  short numbers[CALLS];
} roles[ROLES];
static int known;

static struct role *role_of(pid_t pid) {
  for (int i = 0; i < known; i++)
    if (roles[i].pid == pid) return &roles[i];
  if (known == ROLES) return NULL;
  roles[known].pid = pid;
  return &roles[known++];
}

/// The number that stands for no system call at all.
static void set_call(pid_t pid, long number) {
  struct user_regs_struct registers;
  ptrace(PTRACE_GETREGS, pid, 0, &registers);
  registers.orig_rax = (unsigned long)number;
  ptrace(PTRACE_SETREGS, pid, 0, &registers);
}

static void set_result(pid_t pid, long value) {
  struct user_regs_struct registers;
  ptrace(PTRACE_GETREGS, pid, 0, &registers);
  registers.rax = (unsigned long)value;
  ptrace(PTRACE_SETREGS, pid, 0, &registers);
}

static long call_of(pid_t pid) {
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, pid, 0, &registers) != 0) return -1;
  return (long)registers.orig_rax;
}

static char what;
static long wanted_role, wanted_call, wanted_error;

/// Returns 1 when the process was killed.
static int at_call(struct role *role) {
  if (role->done) return 0;
  if (role->inside) {
    role->inside = 0;
    if (role->failing) set_result(role->pid, -wanted_error);
    if (role->failing) role->done = 1;
    role->failing = 0;
    return 0;
  }
  role->inside = 1;
  if (role->calls < CALLS) role->numbers[role->calls] = (short)call_of(role->pid);
  role->calls++;
  if (what == 'c' || role - roles != wanted_role || role->calls != wanted_call) return 0;
  if (what == 'k') {
    kill(role->pid, SIGKILL);
    role->done = 1;
    return 1;
  }
  // close(2) frees the descriptor, whatever it says.
  if (call_of(role->pid) != SYS_close) set_call(role->pid, -1);
  role->failing = 1;
  return 0;
}

static void report(void) {
  FILE *out = fdopen(9, "w");
  if (out == NULL) return;
  for (int i = 0; i < known; i++) {
    fprintf(out, "%d %ld", i, roles[i].calls);
    for (long k = 0; k < roles[i].calls && k < CALLS; k++) fprintf(out, " %d", roles[i].numbers[k]);
    fprintf(out, "\n");
  }
  fclose(out);
}

int main(int count, char **words) {
  if (count < 3) return 2;
  what = words[1][0];
  int first = 2;
  if (what == 'k' || what == 'f') {
    if (count < (what == 'k' ? 5 : 6)) return 2;
    wanted_role = atol(words[2]);
    wanted_call = atol(words[3]);
    first = 4;
    if (what == 'f') wanted_error = atol(words[first++]);
  }
  int go[2], status, exit_status = 255;
  if (pipe(go) != 0) return 2;
  pid_t command = fork();
  if (command == 0) {
    char word;
    close(9);
    close(go[1]);
    if (read(go[0], &word, 1) != 1) _exit(127);
    close(go[0]);
    execv(words[first], words + first);
    _exit(127);
  }
  long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                 PTRACE_O_TRACEEXEC;
  // Seized: when we end, nobody is left stopped, as new processes would be that begin with SIGSTOP.
  if (ptrace(PTRACE_SEIZE, command, 0, options) != 0) return 2;
  role_of(command)->done = 1;  // Counts from its own program on.
  if (ptrace(PTRACE_INTERRUPT, command, 0, 0) != 0 || write(go[1], "", 1) != 1) return 2;
  for (;;) {
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0) break;
    struct role *role = role_of(pid);
    if (role == NULL) return 2;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (pid != command) continue;
      exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      // Others are the container's: they go on without us.
      break;
    }
    int deliver = 0, signal = WSTOPSIG(status);
    if (signal == (SIGTRAP | 0x80)) {
      if (at_call(role)) continue;
    } else if (signal == SIGTRAP && status >> 16 == PTRACE_EVENT_EXEC) {
      // execve's exit is still to come; what the first program was is over.
      if (pid == command && role->calls == 0) role->done = 0;
      else if (pid != command) role->done = 1;
      role->inside = 1;
    } else if (signal == SIGTRAP && status >> 16 != 0) {
      deliver = 0;
    } else {
      deliver = signal;
    }
    int request = role->done && pid != command ? PTRACE_DETACH : PTRACE_SYSCALL;
    ptrace(request, pid, 0, deliver);
  }
  for (int i = 0; i < known; i++)
    if (roles[i].pid != command) ptrace(PTRACE_DETACH, roles[i].pid, 0, 0);
  if (what == 'c') report();
  return exit_status;
}
