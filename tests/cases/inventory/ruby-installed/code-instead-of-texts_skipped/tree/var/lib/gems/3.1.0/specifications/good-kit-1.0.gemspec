Gem::Specification.new do |s|
  s.name = %q{good-kit}
  s.version = Gem::Version.new("1.0")
  s.license = 'It\'s MIT'
  s.add_dependency "late-kit", "~> 1.0"
end
