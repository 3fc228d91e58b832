# RubyGems: Gem::Version. The lines are as in compare.mjs.
puts "RubyGems #{Gem::VERSION}"
STDIN.each_line do |line|
  pair = line.split
  puts(pair.all? { |v| Gem::Version.correct?(v) } ? { -1 => "<", 0 => "=", 1 => ">" }[Gem::Version.new(pair[0]) <=> Gem::Version.new(pair[1])] : "?")
end
