using System.Collections.Immutable;

namespace Bolt.Registries;

/// <summary>One challenge of a WWW-Authenticate header: a scheme and its parameters (RFC 9110 11.6.1).</summary>
internal sealed record AuthChallenge(string Scheme, ImmutableDictionary<string, string> Parameters)
{
    private const int MaxHeader = 16 << 10;

    public bool Is(string scheme) => Scheme.Equals(scheme, StringComparison.OrdinalIgnoreCase);

    public string? this[string name] => Parameters.GetValueOrDefault(name);

    /// <summary>
    /// All challenges of the headers. One line may hold several, and a comma separates parameters as well as challenges:
    /// <c>Bearer realm="https://a/t",service="s",scope="repository:x:pull,push", Basic realm="r"</c>.
    /// </summary>
    public static ImmutableArray<AuthChallenge> Parse(IEnumerable<string> headers)
    {
        var challenges = ImmutableArray.CreateBuilder<AuthChallenge>();
        foreach (var header in headers.Where(h => h.Length <= MaxHeader))
        {
            new Scanner(header).Read(challenges);
        }
        return challenges.ToImmutable();
    }

    private sealed class Scanner(string text)
    {
        private int at;

        public void Read(ImmutableArray<AuthChallenge>.Builder into)
        {
            string? scheme = null;
            var parameters = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.OrdinalIgnoreCase);
            while (true)
            {
                Skip(c => c is ' ' or '\t' or ',');
                var word = Token();
                if (word.Length == 0)
                {
                    break;
                }
                var end = at;
                Skip(c => c is ' ' or '\t');
                if (scheme is not null && at < text.Length && text[at] == '=')
                {
                    at++;
                    Skip(c => c is ' ' or '\t');
                    parameters[word] = at < text.Length && text[at] == '"' ? Quoted() : Token();
                    continue;
                }
                at = end;
                Add();
                scheme = word;
            }
            Add();

            void Add()
            {
                if (scheme is not null)
                {
                    into.Add(new AuthChallenge(scheme, parameters.ToImmutable()));
                }
                parameters.Clear();
            }
        }

        private void Skip(Func<char, bool> what)
        {
            while (at < text.Length && what(text[at]))
            {
                at++;
            }
        }

        private string Token()
        {
            var start = at;
            Skip(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~/:".Contains(c, StringComparison.Ordinal));
            return text[start..at];
        }

        private string Quoted()
        {
            var value = new System.Text.StringBuilder();
            for (at++; at < text.Length && text[at] != '"'; at++)
            {
                if (text[at] == '\\' && at + 1 < text.Length)
                {
                    at++;
                }
                value.Append(text[at]);
            }
            at = Math.Min(at + 1, text.Length);
            return value.ToString();
        }
    }
}
