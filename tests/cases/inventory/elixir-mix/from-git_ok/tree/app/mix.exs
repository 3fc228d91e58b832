defmodule Chat.MixProject do
  use Mix.Project

  def project do
    [app: :chat, version: "0.3.0", elixir: "~> 1.14", deps: deps()]
  end

  defp deps do
    [
      # {:plug, "~> 9.9"},
      {:log_kit, git: "https://git.example/team/log_kit.git", tag: "v0.4.0"}
    ]
  end
end
