# The guests' boot sector, of which guest.sh has the first 432 bytes:
#   as --32 boot.s -o boot.o && ld -m elf_i386 -Ttext 0x7c00 --oformat binary -e _start boot.o -o boot.bin
#   head -c 432 boot.bin | gzip -9n | base64 -w0
# Writes two words into each page of so many MiB (at 0x1b0) from 2 MiB up, for ever. After a page it owes the time at 0x1b2, in
# sixths of a microsecond, but for the first round, and sleeps when 10 ms came together. It writes a dot to the serial port a round.
.code16
.globl _start
_start:
  cli
  xor %ax,%ax
  mov %ax,%ds
  mov %ax,%es
  mov %ax,%ss
  mov $0x7000,%sp
  mov $0x2401,%ax
  int $0x15
  in $0x92,%al
  or $2,%al
  and $0xfe,%al
  out %al,$0x92
  lgdt gdtr
  mov %cr0,%eax
  or $1,%al
  mov %eax,%cr0
  ljmpl $8,$start32
.code32
start32:
  mov $0x10,%ax
  mov %ax,%ds
  mov %ax,%es
  mov %ax,%ss
  mov $0x7000,%esp
  # The timer's interrupts, and no other, as number 0x20, a hundred in a second.
  mov $0x11,%al
  out %al,$0x20
  out %al,$0xa0
  mov $0x20,%al
  out %al,$0x21
  mov $0x28,%al
  out %al,$0xa1
  mov $4,%al
  out %al,$0x21
  mov $2,%al
  out %al,$0xa1
  mov $1,%al
  out %al,$0x21
  out %al,$0xa1
  mov $0xfe,%al
  out %al,$0x21
  mov $0xff,%al
  out %al,$0xa1
  mov $0x34,%al
  out %al,$0x43
  mov $(11932 & 255),%al
  out %al,$0x40
  mov $(11932 >> 8),%al
  out %al,$0x40
  # A table of interrupts at 0x6000.
  mov $tick,%eax
  or $0x80000,%eax
  mov %eax,0x6100
  movl $0x8e00,0x6104
  lidt idtr
  sti
  xor %ebp,%ebp
  xor %esi,%esi
pass:
  inc %ebp
  mov $0x200000,%edi
  movzwl 0x7db0,%ecx
  shl $8,%ecx
page:
  mov %ebp,%eax
  xor %edi,%eax
  mov %eax,(%edi)
  mov %eax,0x800(%edi)
  add $0x1000,%edi
  cmp $1,%ebp
  je next
  movzwl 0x7db2,%edx
  add %edx,%esi
wait:
  cmp $60000,%esi
  jb next
  hlt
  sub $60000,%esi
  jmp wait
next:
  loop page
  mov $0x3f8,%dx
  mov $'.',%al
  out %al,(%dx)
  jmp pass
tick:
  push %eax
  mov $0x20,%al
  out %al,$0x20
  pop %eax
  iret
.align 8
gdt:
  .quad 0
  .quad 0x00cf9a000000ffff
  .quad 0x00cf92000000ffff
gdtr:
  .word 23
  .long gdt
idtr:
  .word 0x107
  .long 0x6000
.org 0x1b0
  .word 16
  .word 60000
.org 0x1fe
  .word 0xaa55
