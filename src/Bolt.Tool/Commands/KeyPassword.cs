using Bolt.Diagnostics;

namespace Bolt.Tool.Commands;

/// <summary>The password of a private key: COSIGN_PASSWORD, as cosign has it, or typed.</summary>
internal static class KeyPassword
{
    /// <param name="again">A new one is typed twice.</param>
    public static string Get(Invocation invocation, bool again)
    {
        if (Environment.GetEnvironmentVariable("COSIGN_PASSWORD") is { } given)
        {
            return given;
        }
        var password = SecretQuestion.Ask(invocation, "password of the key: ", ToolErrors.NoPassword);
        return !again || SecretQuestion.Ask(invocation, "once more: ", ToolErrors.NoPassword) == password ? password : throw new BoltException(ToolErrors.NotTheSame());
    }
}
