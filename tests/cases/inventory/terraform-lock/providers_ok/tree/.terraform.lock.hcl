# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "registry.terraform.example/hashicorp/aws" {
  version     = "5.31.0"
  constraints = "~> 5.0"
  hashes = [
    "zh:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
    "zh:efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef",
    "h1:qN4uRl38+glR4DBl3rNA66mRLv1oLgHwU5c1ZeE9n0Y=",
  ]
}

provider "registry.terraform.example/hashicorp/random" {
  version     = "3.6.0"
  constraints = ">= 3.0.0, < 4.0.0"
  hashes = [
    "h1:iJXaiBmSPUbpBt+AoLn2lPdRkBHJB4kIhVx7bs9bWHs=",
  ]
}

provider "tf.example.com/acme/dns" {
  version     = "1.0.0-beta.1"
  constraints = "1.0.0-beta.1"
  hashes = [
    "zh:abababababababababababababababababababababababababababababababab",
    "h1:RDJxZY4mOGQP0vOZh6mtEhRmOQn7m2s8lvwjKunubRw=",
  ]
}
