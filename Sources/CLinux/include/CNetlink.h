// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// Netlink, see netlink(7) and rtnetlink(7): constants and structures as the kernel's headers have them, and the calls.

#pragma once

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

// From headers that cannot be imported together with glibc's; defined in CLinux.c.
extern const uint8_t cl_nfproto_inet, cl_nfproto_bridge, cl_nfproto_ipv4, cl_nfproto_ipv6;
extern const uint32_t cl_nf_accept, cl_nf_drop;
extern const uint32_t cl_nf_inet_pre_routing, cl_nf_inet_local_in, cl_nf_inet_forward, cl_nf_inet_local_out,
    cl_nf_inet_post_routing, cl_nf_br_pre_routing;
extern const int32_t cl_nf_pri_raw, cl_nf_pri_nat_dst, cl_nf_pri_filter, cl_nf_pri_nat_src,
    cl_nf_br_pri_nat_dst_bridged;
extern const uint16_t cl_ethertype_ip, cl_ethertype_ipv6, cl_ethertype_arp;
extern const uint8_t cl_ipproto_icmpv6;

static inline long cl_netlink_socket(int protocol) {
  long r = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  return r < 0 ? -(long)errno : r;
}
static inline long cl_netlink_option(int fd, int option, int value) {
  long r = setsockopt(fd, SOL_NETLINK, option, &value, sizeof value);
  return r < 0 ? -(long)errno : r;
}
static inline long cl_socket_receive_buffer(int fd, int bytes) {
  long r = setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  return r < 0 ? -(long)errno : r;
}
// To the kernel, which is port 0.
static inline long cl_netlink_send(int fd, const void *buffer, size_t count) {
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  long r = sendto(fd, buffer, count, MSG_NOSIGNAL, (const struct sockaddr *)&kernel, sizeof kernel);
  return r < 0 ? -(long)errno : r;
}
// With MSG_TRUNC the whole datagram's length, which may be more than was stored. `sender` is 0 for the kernel.
static inline long cl_netlink_receive(int fd, void *buffer, size_t count, int flags, uint32_t *sender) {
  struct sockaddr_nl from = {0};
  socklen_t length = sizeof from;
  long r = recvfrom(fd, buffer, count, flags | MSG_TRUNC, (struct sockaddr *)&from, &length);
  *sender = from.nl_pid;
  return r < 0 ? -(long)errno : r;
}
