Gem::Specification.new do |s|
  s.name = 'late-kit'
  s.version = Late::VERSION
end
