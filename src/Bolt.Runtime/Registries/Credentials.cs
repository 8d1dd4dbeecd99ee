using System.Text;

namespace Bolt.Registries;

/// <summary>What a registry is told about who asks.</summary>
internal abstract record Credentials
{
    public sealed record Password(string User, string Secret) : Credentials
    {
        public string Basic => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Secret}"));

        // A record prints its members, and this one's do not belong in a sentence.
        public override string ToString() => $"password of {User}";
    }

    /// <summary>An OAuth2 refresh token, changed into access tokens by the token server.</summary>
    public sealed record Identity(string Token) : Credentials
    {
        public override string ToString() => "identity token";
    }

    /// <summary>Sent as it is.</summary>
    public sealed record Bearer(string Token) : Credentials
    {
        public override string ToString() => "bearer token";
    }
}
