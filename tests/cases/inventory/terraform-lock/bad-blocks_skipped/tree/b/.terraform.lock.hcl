provider "x {
