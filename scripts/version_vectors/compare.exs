# Hex: Elixir's Version. The lines are as in compare.mjs.
IO.puts("Elixir #{System.version()}")

for line <- IO.stream(:stdio, :line), [a, b] = String.split(line) do
  case {Version.parse(a), Version.parse(b)} do
    {{:ok, x}, {:ok, y}} -> IO.puts(%{lt: "<", eq: "=", gt: ">"}[Version.compare(x, y)])
    _ -> IO.puts("?")
  end
end
