// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// Written by Scripts/seccomp-tables from Debian's linux-libc-dev 7.3.4-1~bpo13+1
// (SHA-256 b3a4538fca67081c8606a93f37521d0eb74ac75996a02f3321a6b27f978e10a8). Do not edit.

extension SyscallTableData {
  static var length10: StaticString {
    """
    _newselect   - 142   -   - 142   -
    arch_prctl 158 384 158   -   -   -
    breakpoint   -   -   -   -  f1   -
    cacheflush   -   -   -   -  f2   -
    epoll_wait 232 256 232   - 252   -
    exit_group 231 252 231  94 248   -
    faccessat2 439 439 439 439 439   -
    flistxattr 196 234 196  13 234   -
    futex_wait 455 455 455 455 455   -
    futex_wake 454 454 454 454 454   -
    getdents64 217 220 217  61 217   -
    getsockopt  55 365 542 209 295 s15
    getxattrat 464 464 464 464 464   -
    io_destroy 207 246 207   1 244   -
    ioprio_get 252 290 252  31 315   -
    ioprio_set 251 289 251  30 314   -
    kexec_load 246 283 528 104 347   -
    llistxattr 195 233 195  12 233   -
    membarrier 324 375 324 283 389   -
    modify_ldt 154 123 154   -   -   -
    move_mount 429 429 429 429 429   -
    move_pages 279 317 533 239 344   -
    munlockall 152 153 152 231 153   -
    newfstatat 262   - 262  79   -   -
    nfsservctl 180 169   -  42 169   -
    pidfd_open 434 434 434 434 434   -
    pivot_root 155 217 155  41 218   -
    pkey_alloc 330 381 330 289 395   -
    readlinkat 267 305 267  78 332   -
    semtimedop 220   - 220 192 312  i4
    sendfile64   - 239   -   - 239   -
    setfsgid32   - 216   -   - 216   -
    setfsuid32   - 215   -   - 215   -
    setregid32   - 204   -   - 204   -
    setreuid32   - 203   -   - 203   -
    setsockopt  54 366 541 208 294 s14
    setxattrat 463 463 463 463 463   -
    sigpending   -  73   -   -  73   -
    sigsuspend   -  72   -   -  72   -
    socketcall   - 102   -   -   -   -
    socketpair  53 360  53 199 288  s8
    truncate64   - 193   -   - 193   -
    ugetrlimit   - 191   -   - 191   -

    """
  }

  static var length11: StaticString {
    """
    afs_syscall 183 137 183   -   -   -
    close_range 436 436 436 436 436   -
    epoll_pwait 281 319 281  22 346   -
    ftruncate64   - 194   -   - 194   -
    futex_waitv 449 449 449 449 449   -
    getgroups32   - 205   -   - 205   -
    getpeername  52 368  52 205 287  s7
    getpriority 140  96 140 141  96   -
    getresgid32   - 211   -   - 211   -
    getresuid32   - 209   -   - 209   -
    getsockname  51 367  51 204 286  s6
    init_module 175 128 175 105 128   -
    listxattrat 465 465 465 465 465   -
    oldolduname   -  59   -   -   -   -
    personality 135 136 135  92 136   -
    pidfd_getfd 438 438 438 438 438   -
    quotactl_fd 443 443 443 443 443   -
    removexattr 197 235 197  14 235   -
    request_key 249 287 249 218 310   -
    sched_yield  24 158  24 124 158   -
    setgroups32   - 206   -   - 206   -
    sethostname 170  74 170 161  74   -
    setpriority 141  97 141 140  97   -
    setresgid32   - 210   -   - 210   -
    setresuid32   - 208   -   - 208   -
    sigaltstack 131 186 525 132 186   -
    sigprocmask   - 126   -   - 126   -
    userfaultfd 323 374 323 282 388   -

    """
  }

  static var length12: StaticString {
    """
    clock_getres 229 266 229 114 264   -
    epoll_create 213 254 213   - 250   -
    epoll_pwait2 441 441 441 441 441   -
    fadvise64_64   - 272   -   -   -   -
    file_getattr 468 468 468 468 468   -
    file_setattr 469 469 469 469 469   -
    finit_module 313 350 313 273 379   -
    fremovexattr 199 237 199  16 237   -
    futex_time64   - 422   -   - 422   -
    gettimeofday  96  78  96 169  78   -
    inotify_init 253 291 253   - 316   -
    io_getevents 208 247 208   4 245   -
    lremovexattr 198 236 198  15 236   -
    memfd_create 319 356 319 279 385   -
    memfd_secret 447 447 447 447   -   -
    mq_timedsend 242 279 242 182 276   -
    ppoll_time64   - 414   -   - 414   -
    query_module 178 167   -   -   -   -
    rt_sigaction  13 174 512 134 174   -
    rt_sigreturn  15 173 513 139 173   -
    settimeofday 164  79 164 170  79   -
    timer_create 222 259 526 107 257   -
    timer_delete 226 263 226 111 261   -

    """
  }

  static var length13: StaticString {
    """
    clock_adjtime 305 343 305 266 372   -
    clock_gettime 228 265 228 113 263   -
    clock_settime 227 264 227 112 262   -
    create_module 174 127   -   -   -   -
    delete_module 176 129 176 106 129   -
    epoll_create1 291 329 291  20 357   -
    epoll_ctl_old 214   -   -   -   -   -
    fanotify_init 300 338 300 262 367   -
    fanotify_mark 301 339 301 263 368   -
    futex_requeue 456 456 456 456 456   -
    get_mempolicy 239 275 239 236 320   -
    inotify_init1 294 332 294  26 360   -
    io_pgetevents 333 385 333 292 399   -
    migrate_pages 256 294 256 238 400   -
    mount_setattr 442 442 442 442 442   -
    mq_getsetattr 245 282 245 185 279   -
    pkey_mprotect 329 380 329 288 394   -
    removexattrat 466 466 466 466 466   -
    rt_sigpending 127 176 522 136 176   -
    rt_sigsuspend 130 179 130 133 179   -
    sched_getattr 315 352 315 275 381   -
    sched_setattr 314 351 314 274 380   -
    set_mempolicy 238 276 238 237 321   -
    setdomainname 171 121 171 162 121   -
    timer_gettime 224 261 224 108 259   -
    timer_settime 223 260 223 110 258   -

    """
  }

  static var length14: StaticString {
    """
    epoll_wait_old 215   -   -   -   -   -
    io_uring_enter 426 426 426 426 426   -
    io_uring_setup 425 425 425 425 425   -
    lookup_dcookie 212 253 212  18 249   -
    open_tree_attr 467 467 467 467 467   -
    pciconfig_read   -   -   -   - 272   -
    rt_sigprocmask  14 175  14 135 175   -
    sched_getparam 143 155 143 121 155   -
    sched_setparam 142 154 142 118 154   -
    timerfd_create 283 322 283  85 350   -

    """
  }

  static var length15: StaticString {
    """
    clock_adjtime64   - 405   -   - 405   -
    clock_gettime64   - 403   -   - 403   -
    clock_nanosleep 230 267 230 115 265   -
    clock_settime64   - 404   -   - 404   -
    copy_file_range 326 377 326 285 391   -
    get_kernel_syms 177 130   -   -   -   -
    get_robust_list 274 312 531 100 339   -
    get_thread_area 211 244   -   -   -   -
    kexec_file_load 320   - 320 294 401   -
    mq_timedreceive 243 280 243 183 277   -
    pciconfig_write   -   -   -   - 273   -
    perf_event_open 298 336 298 241 364   -
    process_madvise 440 440 440 440 440   -
    pselect6_time64   - 413   -   - 413   -
    recvmmsg_time64   - 417   -   - 417   -
    restart_syscall 219   0 219 128   0   -
    rt_sigqueueinfo 129 178 524 138 178   -
    rt_sigtimedwait 128 177 523 137 177   -
    set_robust_list 273 311 530  99 338   -
    set_thread_area 205 243   -   -   -   -
    set_tid_address 218 258 218  96 256   -
    sync_file_range 277 314 277  84   -   -
    timer_gettime64   - 408   -   - 408   -
    timer_settime64   - 409   -   - 409   -
    timerfd_gettime 287 326 287  87 354   -
    timerfd_settime 286 325 286  86 353   -

    """
  }

  static var length16: StaticString {
    """
    arm_fadvise64_64   -   -   -   - 270   -
    inotify_rm_watch 255 293 255  28 318   -
    lsm_list_modules 461 461 461 461 461   -
    map_shadow_stack 453 453 453 453 453   -
    pciconfig_iobase   -   -   -   - 271   -
    process_mrelease 448 448 448 448 448   -
    process_vm_readv 310 347 539 270 376   -
    remap_file_pages 216 257 216 234 253   -
    rseq_slice_yield 471 471 471 471 471   -
    sync_file_range2   -   -   -   - 341   -
    timer_getoverrun 225 262 225 109 260   -
    utimensat_time64   - 412   -   - 412   -

    """
  }

  static var length17: StaticString {
    """
    inotify_add_watch 254 292 254  27 317   -
    io_uring_register 427 427 427 427 427   -
    landlock_add_rule 445 445 445 445 445   -
    lsm_get_self_attr 459 459 459 459 459   -
    lsm_set_self_attr 460 460 460 460 460   -
    name_to_handle_at 303 341 303 264 370   -
    open_by_handle_at 304 342 304 265 371   -
    pidfd_send_signal 424 424 424 424 424   -
    process_vm_writev 311 348 540 271 377   -
    rt_tgsigqueueinfo 297 335 536 240 363   -
    sched_getaffinity 204 242 204 123 242   -
    sched_setaffinity 203 241 203 122 241   -
    semtimedop_time64   - 420   -   - 420   -
    timerfd_gettime64   - 410   -   - 410   -
    timerfd_settime64   - 411   -   - 411   -

    """
  }

  static var length18: StaticString {
    """
    sched_getscheduler 145 157 145 120 157   -
    sched_setscheduler 144 156 144 119 156   -

    """
  }

  static var length19: StaticString {
    """
    arm_sync_file_range   -   -   -   - 341   -
    clock_getres_time64   - 406   -   - 406   -
    mq_timedsend_time64   - 418   -   - 418   -

    """
  }

  static var length20: StaticString {
    """
    io_pgetevents_time64   - 416   -   - 416   -

    """
  }

  static var length21: StaticString {
    """
    sched_rr_get_interval 148 161 148 127 161   -

    """
  }

  static var length22: StaticString {
    """
    clock_nanosleep_time64   - 407   -   - 407   -
    landlock_restrict_self 446 446 446 446 446   -
    mq_timedreceive_time64   - 419   -   - 419   -
    rt_sigtimedwait_time64   - 421   -   - 421   -
    sched_get_priority_max 146 159 146 125 159   -
    sched_get_priority_min 147 160 147 126 160   -

    """
  }

  static var length23: StaticString {
    """
    landlock_create_ruleset 444 444 444 444 444   -
    set_mempolicy_home_node 450 450 450 450 450   -

    """
  }

  static var length28: StaticString {
    """
    sched_rr_get_interval_time64   - 423   -   - 423   -

    """
  }
}
