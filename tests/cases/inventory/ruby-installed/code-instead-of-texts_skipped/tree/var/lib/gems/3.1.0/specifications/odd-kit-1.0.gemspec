Gem::Specification.new do |s|
  s.name = "odd-#{1 + 1}"
  s.version = "1.0"
end
