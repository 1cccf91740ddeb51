;; What moves and compares memory in the shipped module: see memory.rs. Addresses need no alignment.
(module
  (memory 1)

  ;; As memory.copy: from the end where the target lies behind the source, as the two may overlap.
  (func $copy (param $to i32) (param $from i32) (param $length i32)
    (if (i32.lt_u (i32.sub (local.get $from) (local.get $to)) (local.get $length))
      (then
        (block $all
          (loop $words
            (if (i32.ge_u (local.get $length) (i32.const 8))
              (then
                (i64.store align=1 (local.get $to) (i64.load align=1 (local.get $from)))
                (local.set $to (i32.add (local.get $to) (i32.const 8)))
                (local.set $from (i32.add (local.get $from) (i32.const 8)))
                (local.set $length (i32.sub (local.get $length) (i32.const 8)))
                (br $words))))
          (loop $bytes
            (br_if $all (i32.eqz (local.get $length)))
            (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (local.set $length (i32.sub (local.get $length) (i32.const 1)))
            (br $bytes))))
      (else
        (block $all
          (loop $words
            (if (i32.ge_u (local.get $length) (i32.const 8))
              (then
                (local.set $length (i32.sub (local.get $length) (i32.const 8)))
                (i64.store align=1
                  (i32.add (local.get $to) (local.get $length))
                  (i64.load align=1 (i32.add (local.get $from) (local.get $length))))
                (br $words))))
          (loop $bytes
            (br_if $all (i32.eqz (local.get $length)))
            (local.set $length (i32.sub (local.get $length) (i32.const 1)))
            (i32.store8
              (i32.add (local.get $to) (local.get $length))
              (i32.load8_u (i32.add (local.get $from) (local.get $length))))
            (br $bytes))))))

  ;; As memory.fill.
  (func $fill (param $to i32) (param $byte i32) (param $length i32)
    (block $all
      (loop $bytes
        (br_if $all (i32.eqz (local.get $length)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (i32.store8 (i32.add (local.get $to) (local.get $length)) (local.get $byte))
        (br $bytes))))

  ;; As C's memcmp.
  (func $memcmp (param $a i32) (param $b i32) (param $length i32) (result i32)
    (local $difference i32)
    (block $differ
      (loop $words
        (br_if $differ (i32.lt_u (local.get $length) (i32.const 8)))
        (br_if $differ
          (i64.ne (i64.load align=1 (local.get $a)) (i64.load align=1 (local.get $b))))
        (local.set $a (i32.add (local.get $a) (i32.const 8)))
        (local.set $b (i32.add (local.get $b) (i32.const 8)))
        (local.set $length (i32.sub (local.get $length) (i32.const 8)))
        (br $words)))
    (block $done
      (loop $bytes
        (br_if $done (i32.eqz (local.get $length)))
        (br_if $done
          (local.tee $difference
            (i32.sub (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b)))))
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $b (i32.add (local.get $b) (i32.const 1)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $bytes)))
    (local.get $difference)))
