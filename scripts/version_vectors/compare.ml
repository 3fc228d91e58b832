(* opam: OpamVersionCompare of its source. The lines are as in compare.mjs. Argument: opam's version. *)
let () =
  print_endline ("opam " ^ Sys.argv.(1));
  try
    while true do
      match String.split_on_char ' ' (input_line stdin) with
      | [a; b] ->
        let sign = OpamVersionCompare.compare a b in
        print_endline (if sign < 0 then "<" else if sign > 0 then ">" else "=")
      | _ -> print_endline "?"
    done
  with End_of_file -> ()
