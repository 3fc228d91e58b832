module "x" {
