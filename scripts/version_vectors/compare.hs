-- Haskell: Cabal's Version. The lines are as in compare.mjs.
import Distribution.Parsec (simpleParsec)
import Distribution.Pretty (prettyShow)
import Distribution.Simple.Utils (cabalVersion)
import Distribution.Version (Version)

compareThem :: [String] -> String
compareThem [a, b] = case (simpleParsec a :: Maybe Version, simpleParsec b :: Maybe Version) of
  (Just x, Just y) -> case compare x y of LT -> "<"; EQ -> "="; GT -> ">"
  _ -> "?"
compareThem _ = "?"

main :: IO ()
main = do
  putStrLn ("Cabal " ++ prettyShow cabalVersion)
  interact (unlines . map (compareThem . words) . lines)
