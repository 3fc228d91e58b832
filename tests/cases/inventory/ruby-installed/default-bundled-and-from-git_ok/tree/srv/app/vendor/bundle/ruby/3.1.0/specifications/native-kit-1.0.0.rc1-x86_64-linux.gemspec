# -*- encoding: utf-8 -*-
# stub: native-kit 1.0.0.rc1 x86_64-linux lib

Gem::Specification.new do |s|
  s.name = "native-kit".freeze
  s.version = "1.0.0.rc1"
  s.platform = "x86_64-linux".freeze

  s.required_rubygems_version = Gem::Requirement.new("> 1.3.1".freeze) if s.respond_to? :required_rubygems_version=
  s.metadata = { "source_code_uri" => "https://git.example/native-kit" } if s.respond_to? :metadata=
  s.require_paths = ["lib".freeze]
  s.authors = ["Jane Doe".freeze]
  s.date = "2024-05-06"
  s.description = "Long\ntext\n  s.name = \"fake\"\n".freeze
  s.homepage = "https://native-kit.example".freeze
  s.rubygems_version = "3.3.15".freeze
  s.summary = "The native-kit library: \"quotes\", #hash".freeze

  s.installed_by_version = "3.3.15" if s.respond_to? :installed_by_version
end
