// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// Sockets of ip(7) and ipv6(7), and waiting for many of them at once: epoll(7), timerfd_create(2).

#pragma once

#include "CLinux.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

// An address and a port as numbers; version 4 is in the lower half of `low`.
struct cl_endpoint {
  uint64_t high, low;
  uint32_t scope;
  uint16_t port;
  uint8_t is_version_6;
};

union cl_inet_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static inline socklen_t cl_endpoint_write(const struct cl_endpoint *endpoint, union cl_inet_address *out) {
  memset(out, 0, sizeof *out);
  if (!endpoint->is_version_6) {
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(endpoint->port);
    out->v4.sin_addr.s_addr = htonl((uint32_t)endpoint->low);
    return sizeof out->v4;
  }
  out->v6.sin6_family = AF_INET6;
  out->v6.sin6_port = htons(endpoint->port);
  out->v6.sin6_scope_id = endpoint->scope;
  for (int i = 0; i < 8; i++) {
    out->v6.sin6_addr.s6_addr[i] = (uint8_t)(endpoint->high >> (56 - 8 * i));
    out->v6.sin6_addr.s6_addr[8 + i] = (uint8_t)(endpoint->low >> (56 - 8 * i));
  }
  return sizeof out->v6;
}
static inline void cl_endpoint_read(struct cl_endpoint *endpoint, const union cl_inet_address *from) {
  memset(endpoint, 0, sizeof *endpoint);
  if (from->any.sa_family == AF_INET) {
    endpoint->port = ntohs(from->v4.sin_port);
    endpoint->low = ntohl(from->v4.sin_addr.s_addr);
    return;
  }
  endpoint->is_version_6 = 1;
  endpoint->port = ntohs(from->v6.sin6_port);
  endpoint->scope = from->v6.sin6_scope_id;
  for (int i = 0; i < 8; i++) {
    endpoint->high = endpoint->high << 8 | from->v6.sin6_addr.s6_addr[i];
    endpoint->low = endpoint->low << 8 | from->v6.sin6_addr.s6_addr[8 + i];
  }
}

static inline long cl_internet_socket(int is_version_6, int is_stream) {
  int type = (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  return cl_result(socket(is_version_6 ? AF_INET6 : AF_INET, type, 0));
}
static inline long cl_internet_connect(int fd, const struct cl_endpoint *endpoint) {
  union cl_inet_address address;
  socklen_t length = cl_endpoint_write(endpoint, &address);
  return cl_result(connect(fd, &address.any, length));
}
static inline long cl_internet_bind(int fd, const struct cl_endpoint *endpoint) {
  union cl_inet_address address;
  socklen_t length = cl_endpoint_write(endpoint, &address);
  return cl_result(bind(fd, &address.any, length));
}
static inline long cl_local_endpoint(int fd, struct cl_endpoint *endpoint) {
  union cl_inet_address address;
  socklen_t length = sizeof address;
  memset(&address, 0, sizeof address);
  long r = cl_result(getsockname(fd, &address.any, &length));
  cl_endpoint_read(endpoint, &address);
  return r;
}
static inline long cl_accept_nonblocking(int fd) {
  return cl_result(syscall(SYS_accept4, fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
}
static inline long cl_receive(int fd, void *buffer, size_t count) { return cl_result(recv(fd, buffer, count, 0)); }
static inline long cl_receive_from(int fd, void *buffer, size_t count, struct cl_endpoint *sender) {
  union cl_inet_address address;
  socklen_t length = sizeof address;
  memset(&address, 0, sizeof address);
  long r = cl_result(recvfrom(fd, buffer, count, 0, &address.any, &length));
  cl_endpoint_read(sender, &address);
  return r;
}
static inline long cl_send(int fd, const void *buffer, size_t count) {
  return cl_result(send(fd, buffer, count, MSG_NOSIGNAL));
}
static inline long cl_send_to(int fd, const void *buffer, size_t count, const struct cl_endpoint *receiver) {
  union cl_inet_address address;
  socklen_t length = cl_endpoint_write(receiver, &address);
  return cl_result(sendto(fd, buffer, count, MSG_NOSIGNAL, &address.any, length));
}
static inline long cl_shutdown_writing(int fd) { return cl_result(shutdown(fd, SHUT_WR)); }
static inline long cl_socket_error(int fd) {
  int number = 0;
  socklen_t length = sizeof number;
  long r = cl_result(getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &length));
  return r < 0 ? r : number;
}
static inline long cl_set_no_delay(int fd) {
  int one = 1;
  return cl_result(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
}
static inline long cl_set_reset_on_close(int fd) {
  struct linger linger = {.l_onoff = 1, .l_linger = 0};
  return cl_result(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
}

// What epoll_wait(2) reports, without the packing that differs between architectures.
struct cl_event {
  uint64_t token;
  uint32_t events;
};
enum { cl_most_events = 64 };

static inline long cl_epoll_create(void) { return cl_result(epoll_create1(EPOLL_CLOEXEC)); }
static inline long cl_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data = {.u64 = token}};
  return cl_result(epoll_ctl(epoll, operation, fd, &event));
}
static inline long cl_epoll_wait(int epoll, struct cl_event *out, int count, int timeout_ms) {
  struct epoll_event events[cl_most_events];
  long r = cl_result(epoll_wait(epoll, events, count < cl_most_events ? count : cl_most_events, timeout_ms));
  for (long i = 0; i < r; i++) out[i] = (struct cl_event){.token = events[i].data.u64, .events = events[i].events};
  return r;
}
static inline long cl_timerfd(void) {
  return cl_result(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
}
static inline long cl_timerfd_repeat(int fd, long milliseconds) {
  struct timespec period = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
  struct itimerspec setting = {.it_interval = period, .it_value = period};
  return cl_result(timerfd_settime(fd, 0, &setting, NULL));
}
